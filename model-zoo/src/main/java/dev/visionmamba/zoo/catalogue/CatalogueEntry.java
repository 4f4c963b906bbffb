package dev.visionmamba.zoo.catalogue;

import dev.visionmamba.zoo.FitInput;
import dev.visionmamba.zoo.ImageInput;
import java.net.URI;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Pattern;

/**
 * One released checkpoint: where its file is and what is in it.
 *
 * @param name the checkpoint's name, {@code vmamba_tiny_s1l8.imagenet1k}: the network, a full stop,
 *     and what it was trained on; lower-case letters, digits, underscores and full stops
 * @param preferred whether the name of the network alone means this checkpoint
 * @param family the backbone's family as its paper writes it
 * @param task what the network answers
 * @param backbone the backbone's name in the registry
 * @param arguments arguments of the reference's constructor that differ from the backbone's
 * @param head what sits on the backbone: {@code linear}, {@code mask_rcnn}, {@code retinanet},
 *     {@code upernet} or {@code semantic_fpn}; {@code restorer} of a network as a whole
 * @param headArguments arguments of the head that differ from those it is published with most
 * @param urls where the file is, the first that works is taken; http or https, percent-encoded
 * @param file the file's name on the disk
 * @param nesting the key under which the file has its state dict; empty if it is the whole file
 * @param prefix what the names of the backbone's parameters begin with in a detector's or
 *     segmenter's state dict; empty for classifiers
 * @param input how pictures are prepared for a classifier; empty for dense tasks
 * @param fit how pictures are prepared for dense tasks; empty for classifiers
 * @param classes a reference for {@link ClassNames#named}; empty for a restorer
 * @param licence of the weights, as an SPDX identifier; empty if their source states none
 * @param source the repository that published it
 * @param scores what its source measured by the measure's name, in percent: {@code top-1}, {@code
 *     box AP}, {@code mIoU}; of a restorer in decibels, {@code Urban100 PSNR}, and as a number from
 *     0 to 1, {@code Urban100 SSIM}
 * @param size of the file in bytes, if known
 * @param sha256 of the file, 64 lower-case hexadecimal digits, if known
 * @param note for people: what was not verified, for instance
 */
public record CatalogueEntry(
    String name,
    boolean preferred,
    String family,
    Task task,
    String backbone,
    Map<String, Object> arguments,
    String head,
    Map<String, Object> headArguments,
    List<URI> urls,
    String file,
    String nesting,
    String prefix,
    Optional<ImageInput> input,
    Optional<FitInput> fit,
    String classes,
    Optional<String> licence,
    URI source,
    Map<String, Double> scores,
    OptionalLong size,
    Optional<String> sha256,
    Optional<String> note) {

  private static final Pattern NAME = Pattern.compile("[a-z0-9_]+\\.[a-z0-9_]+");
  // Never a path, never hidden, never one of the cache's own files.
  private static final Pattern FILE = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._-]{0,199}");
  private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");

  /**
   * Checks the values and copies the collections, keeping their order.
   *
   * @throws IllegalArgumentException naming the first that is missing or not as it should be
   */
  public CatalogueEntry {
    require(NAME.matcher(name).matches(), "name", name);
    require(!family.isBlank(), "family", family);
    require(!backbone.isBlank(), "backbone", backbone);
    require(!head.isBlank(), "head", head);
    require(!urls.isEmpty(), "urls", urls);
    for (URI url : urls) {
      require(isWeb(url), "urls", url);
    }
    require(FILE.matcher(file).matches(), "file", file);
    require(file.endsWith(".pth") || file.endsWith(".safetensors"), "file", file);
    require(isWeb(source), "source", source);
    require(size.isEmpty() || size.getAsLong() > 0, "size", size);
    require(sha256.isEmpty() || SHA256.matcher(sha256.get()).matches(), "sha256", sha256);
    require(task != Task.CLASSIFICATION || input.isPresent(), "input", "none");
    for (double score : scores.values()) {
      require(score > 0 && score <= 100, "scores", scores);
    }
    arguments = Map.copyOf(arguments);
    headArguments = Map.copyOf(headArguments);
    urls = List.copyOf(urls);
    scores = Collections.unmodifiableMap(new LinkedHashMap<>(scores));
  }

  private static boolean isWeb(URI url) {
    String scheme = String.valueOf(url.getScheme()).toLowerCase(Locale.ROOT);
    return (scheme.equals("https") || scheme.equals("http"))
        && url.getHost() != null
        && url.getUserInfo() == null;
  }

  private static void require(boolean holds, String what, Object found) {
    if (!holds) {
      throw new IllegalArgumentException(
          "\"" + what + "\" is not as it should be: \"" + found + "\"");
    }
  }

  /**
   * The network's name: for a classifier the backbone's in the registry.
   *
   * @return the name up to its full stop
   */
  public String network() {
    return name.substring(0, name.indexOf('.'));
  }

  /**
   * What sets this checkpoint apart from others of its network.
   *
   * @return the name after its full stop, {@code imagenet1k}
   */
  public String tag() {
    return name.substring(name.indexOf('.') + 1);
  }
}
