package dev.visionmamba.zoo.download;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.CookieManager;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLContext;

/**
 * Sends GET requests, and follows redirections and Google Drive's question to where the file itself
 * is.
 */
final class HttpConnection {
  private static final int LONGEST_WAY = 10;
  private static final int LONGEST_PAGE = 1 << 20;

  /**
   * An answer that is not another redirection.
   *
   * @param response the answer; its body is still to be read, and to be closed
   * @param url where it came from
   * @param digests what the redirections on the way said of the file, by algorithm
   */
  record Answer(HttpResponse<BodyReader> response, URI url, Map<String, String> digests) {}

  private final HttpClient client;
  private final DownloadOptions options;

  HttpConnection(DownloadOptions options, Proxies proxies, Optional<SSLContext> certificates) {
    this.options = options;
    HttpClient.Builder builder =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1) // one stream: HTTP/2 would gain nothing
            .followRedirects(HttpClient.Redirect.NEVER)
            .connectTimeout(options.connectTimeout())
            .cookieHandler(new CookieManager())
            .proxy(proxies.selector());
    proxies.authenticator().ifPresent(builder::authenticator);
    certificates.ifPresent(builder::sslContext);
    this.client = builder.build();
  }

  /**
   * Asks for a file.
   *
   * @param url where it was published
   * @param headers of the request
   */
  Answer get(URI url, Map<String, String> headers) throws IOException, InterruptedException {
    Map<String, String> digests = new LinkedHashMap<>();
    Set<URI> visited = new HashSet<>();
    URI next = url;
    while (visited.add(next) && visited.size() <= LONGEST_WAY) {
      HttpResponse<BodyReader> response = send(next, headers);
      Optional<URI> further;
      try {
        further = redirection(response, next);
        if (further.isEmpty() && isPage(response)) {
          further = Optional.of(behindPage(response, next));
        }
      } catch (IOException | InterruptedException | RuntimeException e) {
        response.body().close();
        throw e;
      }
      if (further.isEmpty()) {
        return new Answer(response, next, digests);
      }
      Digests.of(response.headers(), false).forEach(digests::putIfAbsent);
      response.body().close();
      next = further.get();
    }
    throw new DownloadException(
        url.toString(),
        visited.size() > LONGEST_WAY
            ? "it is redirected more than " + LONGEST_WAY + " times"
            : "it is redirected in a circle, back to " + next,
        "report it to who runs that server, or name a mirror");
  }

  private HttpResponse<BodyReader> send(URI url, Map<String, String> headers)
      throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(url)
            .header("User-Agent", "visionmamba")
            .header("Accept-Encoding", "identity"); // the bytes as they are, to be counted
    headers.forEach(request::header);
    // Not the request's own timeout: newer JDKs count the body's time, too.
    CompletableFuture<HttpResponse<BodyReader>> answer =
        client.sendAsync(request.build(), information -> new BodyReader());
    try {
      return answer.get(
          options.connectTimeout().plus(options.idleTimeout()).toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      answer.cancel(true);
      throw new HttpTimeoutException("no answer for " + Pauses.words(options.idleTimeout()));
    } catch (InterruptedException e) {
      answer.cancel(true);
      throw e;
    } catch (ExecutionException e) {
      if (e.getCause() instanceof HttpConnectTimeoutException) {
        throw new HttpTimeoutException(
            "no connection within " + Pauses.words(options.connectTimeout()));
      }
      throw new IOException(Causes.words(e.getCause()), e.getCause());
    }
  }

  private Optional<URI> redirection(HttpResponse<BodyReader> response, URI from)
      throws DownloadException {
    Optional<String> location = response.headers().firstValue("Location");
    if (location.isEmpty() || !Set.of(301, 302, 303, 307, 308).contains(response.statusCode())) {
      return Optional.empty();
    }
    URI target;
    try {
      target = from.resolve(location.get());
    } catch (IllegalArgumentException e) {
      throw refused(from, location.get(), "which is no URL");
    }
    checkTarget(from, target);
    return Optional.of(target);
  }

  private static void checkTarget(URI from, URI target) throws DownloadException {
    boolean https = "https".equalsIgnoreCase(target.getScheme());
    if ((!https && !"http".equalsIgnoreCase(target.getScheme())) || target.getHost() == null) {
      throw refused(from, target.toString(), "which is no web address");
    }
    if (!https && "https".equalsIgnoreCase(from.getScheme())) {
      throw refused(from, target.toString(), "which is not encrypted");
    }
  }

  private static DownloadException refused(URI from, String target, String reason) {
    return new DownloadException(
        from.toString(),
        "it is redirected to " + target + ", " + reason,
        "report it to who runs that server, or name a mirror");
  }

  private static boolean isPage(HttpResponse<BodyReader> response) {
    String type = response.headers().firstValue("Content-Type").orElse("").toLowerCase(Locale.ROOT);
    return response.statusCode() / 100 == 2
        && (type.startsWith("text/html") || type.startsWith("application/xhtml"));
  }

  /** What a page stands before: only Google Drive asks before it gives a file. */
  private URI behindPage(HttpResponse<BodyReader> response, URI url)
      throws IOException, InterruptedException {
    String page = read(response.body());
    Optional<URI> confirmed = GoogleDrive.confirmation(page, url).map(options.mirrors()::replace);
    if (confirmed.isPresent()) {
      checkTarget(url, confirmed.get());
      return confirmed.get();
    }
    if (page.contains("Quota exceeded") || page.contains("Too many users")) {
      throw new DownloadException(
          url.toString(),
          "too many people have fetched this file from Google Drive lately",
          "try again tomorrow, or name a mirror");
    }
    throw notTheFile(url, "a web page came in place of the file");
  }

  /** What came is something else than the file. */
  static DownloadException notTheFile(URI url, String problem) {
    return new DownloadException(
        url.toString(),
        problem,
        "open the URL in a browser: this network may want you to log in first, the file may have"
            + " moved, or a mirror be wrong");
  }

  private String read(BodyReader body) throws IOException, InterruptedException {
    ByteArrayOutputStream page = new ByteArrayOutputStream();
    for (List<ByteBuffer> part = body.next(options.idleTimeout());
        part != null && page.size() < LONGEST_PAGE;
        part = body.next(options.idleTimeout())) {
      for (ByteBuffer bytes : part) {
        byte[] copy = new byte[bytes.remaining()];
        bytes.get(copy);
        page.write(copy);
      }
    }
    return page.toString(StandardCharsets.UTF_8);
  }
}
