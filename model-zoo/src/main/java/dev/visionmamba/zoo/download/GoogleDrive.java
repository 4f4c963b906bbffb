package dev.visionmamba.zoo.download;

import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Files that are shared on Google Drive. Before a large one Drive sends a page that asks whether to
 * download it without a virus scan; the answer is a form whose hidden inputs go back as a query.
 */
final class GoogleDrive {
  private static final Pattern SHARED =
      Pattern.compile("https://drive\\.google\\.com/file/d/([A-Za-z0-9_-]+)(/.*)?");
  private static final Pattern FORM =
      Pattern.compile("<form\\b([^>]*\\bid=\"download-form\"[^>]*)>", Pattern.CASE_INSENSITIVE);
  private static final Pattern INPUT =
      Pattern.compile("<input\\b([^>]*)>", Pattern.CASE_INSENSITIVE);

  private GoogleDrive() {}

  /** Where a shared file itself is; any other URL is given back. */
  static URI direct(URI url) {
    Matcher shared = SHARED.matcher(url.toString());
    return shared.matches()
        ? URI.create(
            "https://drive.usercontent.google.com/download?id="
                + shared.group(1)
                + "&export=download")
        : url;
  }

  /** What the page's form asks for when its button is pressed; empty if it is another page. */
  static Optional<URI> confirmation(String page, URI pageUrl) {
    Matcher form = FORM.matcher(page);
    if (!form.find()) {
      return Optional.empty();
    }
    int end = page.indexOf("</form", form.end());
    Matcher inputs = INPUT.matcher(page.substring(form.end(), end < 0 ? page.length() : end));
    Map<String, String> fields = new LinkedHashMap<>();
    while (inputs.find()) {
      Optional<String> name = attribute(inputs.group(1), "name");
      if (name.isPresent() && attribute(inputs.group(1), "type").orElse("").equals("hidden")) {
        fields.put(name.get(), attribute(inputs.group(1), "value").orElse(""));
      }
    }
    String query =
        fields.entrySet().stream()
            .map(field -> encode(field.getKey()) + "=" + encode(field.getValue()))
            .collect(Collectors.joining("&"));
    try {
      URI action = pageUrl.resolve(attribute(form.group(1), "action").orElse(""));
      String bare = action.toString().replaceFirst("[?#].*", "");
      return Optional.of(URI.create(bare + "?" + query));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private static Optional<String> attribute(String tag, String name) {
    Matcher attribute =
        Pattern.compile("\\b" + name + "=\"([^\"]*)\"", Pattern.CASE_INSENSITIVE).matcher(tag);
    return attribute.find()
        ? Optional.of(attribute.group(1).replace("&amp;", "&"))
        : Optional.empty();
  }

  private static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }
}
