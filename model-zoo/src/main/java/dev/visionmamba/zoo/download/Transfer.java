package dev.visionmamba.zoo.download;

import dev.visionmamba.zoo.checkpoint.AtomicFiles;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpHeaders;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** One attempt to bring a file from a server: all of it, or what is missing of it. */
final class Transfer {
  private static final Pattern RANGE =
      Pattern.compile("bytes (\\d{1,18})-\\d{1,18}/(\\d{1,18}|\\*)");
  private static final Pattern UNSATISFIED = Pattern.compile("bytes \\*/(\\d{1,18})");
  private static final Set<Integer> PASSING = Set.of(408, 425, 429, 500, 502, 503, 504);

  private final HttpConnection connection;
  private final DownloadOptions options;
  private final Disk disk;
  private final DownloadListener listener;
  private final String name;
  private final OptionalLong expectedSize;

  Transfer(
      HttpConnection connection,
      DownloadOptions options,
      Disk disk,
      DownloadListener listener,
      String name,
      OptionalLong expectedSize) {
    this.connection = connection;
    this.options = options;
    this.disk = disk;
    this.listener = listener;
    this.name = name;
    this.expectedSize = expectedSize;
  }

  /**
   * Makes the attempt. After it the partial file is whole.
   *
   * @throws RepeatableException if another attempt may do better; what has arrived stays
   * @throws DownloadException if none will
   * @throws IOException otherwise if the disk fails
   */
  void run(URI url, PartialFile file) throws IOException, InterruptedException {
    if (file.isWhole(url)) {
      return;
    }
    long here = file.resumable(url);
    Map<String, String> headers = new LinkedHashMap<>();
    if (here > 0) {
      headers.put("Range", "bytes=" + here + "-");
      headers.put("If-Range", file.state().validator());
    }
    HttpConnection.Answer answer;
    try {
      answer = connection.get(url, headers);
    } catch (DownloadException e) {
      throw e;
    } catch (IOException e) {
      throw failed(url, e);
    }
    try (BodyReader body = answer.response().body()) {
      if (prepare(url, file, answer, here)) {
        receive(url, file, answer, body);
      }
    }
  }

  private static IOException failed(URI url, IOException e) {
    if (Causes.isLasting(e)) {
      return new DownloadException(
          url.toString(),
          "it cannot be reached (" + Causes.words(e) + ")",
          "check the network and its proxy, or name a mirror",
          e);
    }
    return new RepeatableException(Causes.words(e), Optional.empty(), e);
  }

  /** Makes the partial file ready for the body; false if it is whole already. */
  private boolean prepare(URI url, PartialFile file, HttpConnection.Answer answer, long here)
      throws IOException {
    HttpResponse<BodyReader> response = answer.response();
    HttpHeaders headers = response.headers();
    switch (response.statusCode()) {
      case 200 -> {
        long total = headers.firstValueAsLong("Content-Length").orElse(-1);
        checkTotal(answer.url(), total);
        checkEncoding(answer.url(), headers);
        Map<String, String> digests = new LinkedHashMap<>(answer.digests());
        Digests.of(headers, true).forEach(digests::put);
        file.begin(new PartialFile.State(url.toString(), validator(headers), total, digests));
      }
      case 206 -> checkRange(file, headers, here);
      case 416 -> {
        if (here > 0 && here == unsatisfiedTotal(headers)) {
          return false;
        }
        file.discard();
        throw new RepeatableException("the server has less of the file than was fetched");
      }
      default -> throw refused(answer.url(), response);
    }
    return true;
  }

  private void checkTotal(URI url, long total) throws DownloadException {
    if (total > options.maximumBytes()) {
      throw tooLarge(url, total + " bytes");
    }
    if (total >= 0 && expectedSize.isPresent() && total != expectedSize.getAsLong()) {
      throw new DownloadException(
          url.toString(),
          "it has " + total + " bytes, but " + name + " has " + expectedSize.getAsLong(),
          "check the mirror, if one is used: this is another file");
    }
  }

  private DownloadException tooLarge(URI url, String size) {
    return new DownloadException(
        url.toString(),
        "it has " + size + ", and at most " + options.maximumBytes() + " are taken",
        "check that this is the right file");
  }

  private static void checkEncoding(URI url, HttpHeaders headers) throws DownloadException {
    String encoding = headers.firstValue("Content-Encoding").orElse("identity");
    if (!encoding.equalsIgnoreCase("identity")) {
      throw new DownloadException(
          url.toString(),
          "it is sent as " + encoding + ", which was not asked for",
          "report it to who runs that server, or name a mirror");
    }
  }

  /** What If-Range may hold: a weak entity tag may not. */
  private static String validator(HttpHeaders headers) {
    String tag = headers.firstValue("ETag").orElse("");
    return !tag.isEmpty() && !tag.startsWith("W/")
        ? tag
        : headers.firstValue("Last-Modified").orElse("");
  }

  /** The rest must be the rest of the same file, whatever the server makes of If-Range. */
  private static void checkRange(PartialFile file, HttpHeaders headers, long here)
      throws IOException {
    Matcher range = RANGE.matcher(headers.firstValue("Content-Range").orElse("").strip());
    boolean fits = here > 0 && range.matches() && Long.parseLong(range.group(1)) == here;
    if (fits && !range.group(2).equals("*") && file.state().total() >= 0) {
      fits = Long.parseLong(range.group(2)) == file.state().total();
    }
    String validator = validator(headers);
    if (fits && !validator.isEmpty()) {
      fits = validator.equals(file.state().validator());
    }
    if (!fits) {
      file.discard();
      throw new RepeatableException("the server sent another part than was asked for");
    }
  }

  private static long unsatisfiedTotal(HttpHeaders headers) {
    Matcher total = UNSATISFIED.matcher(headers.firstValue("Content-Range").orElse("").strip());
    return total.matches() ? Long.parseLong(total.group(1)) : -1;
  }

  private static IOException refused(URI url, HttpResponse<BodyReader> response) {
    int status = response.statusCode();
    if (PASSING.contains(status)) {
      return new RepeatableException(
          "the server answered " + status, retryAfter(response.headers()), null);
    }
    String remedy =
        switch (status) {
          case 401, 403 -> "the server does not give it to you: name a mirror, or fetch it by hand";
          case 404, 410 -> "the file has moved or is gone: name a mirror, or look where it is now";
          case 407 ->
              "name the proxy's user and password in HTTPS_PROXY; for https, Java also wants"
                  + " -Djdk.http.auth.tunneling.disabledSchemes=\"\"";
          default -> "try again later, or name a mirror";
        };
    return new DownloadException(url.toString(), "the server answered " + status, remedy);
  }

  /** Seconds or a date. */
  private static Optional<Duration> retryAfter(HttpHeaders headers) {
    String value = headers.firstValue("Retry-After").orElse("").strip();
    if (value.matches("\\d{1,9}")) {
      return Optional.of(Duration.ofSeconds(Long.parseLong(value)));
    }
    try {
      Instant then = ZonedDateTime.parse(value, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant();
      Duration left = Duration.between(Instant.now(), then);
      return Optional.of(left.isNegative() ? Duration.ZERO : left);
    } catch (DateTimeException e) {
      return Optional.empty();
    }
  }

  private void receive(URI url, PartialFile file, HttpConnection.Answer answer, BodyReader body)
      throws IOException, InterruptedException {
    long received = file.size();
    long total = file.state().total();
    checkSpace(file, total < 0 ? 0 : total - received);
    listener.started(
        name, answer.url(), received, total < 0 ? OptionalLong.empty() : OptionalLong.of(total));
    Head head = new Head(received == 0);
    try (WritableByteChannel out = disk.append(file.path())) {
      for (List<ByteBuffer> part = next(body, url); part != null; part = next(body, url)) {
        for (ByteBuffer bytes : part) {
          received += bytes.remaining();
          if (received > options.maximumBytes()) {
            file.discard();
            throw tooLarge(answer.url(), "more bytes");
          }
          head.add(bytes);
          AtomicFiles.writeAll(out, bytes);
        }
        checkHead(head, false, file, answer.url());
        listener.received(received);
      }
    }
    checkHead(head, true, file, answer.url());
    if (total >= 0 && received != total) {
      if (received > total) {
        file.discard();
      }
      throw new RepeatableException("the server sent " + received + " of " + total + " bytes");
    }
  }

  private List<ByteBuffer> next(BodyReader body, URI url) throws IOException, InterruptedException {
    try {
      return body.next(options.idleTimeout());
    } catch (IOException e) {
      throw failed(url, e);
    }
  }

  private void checkSpace(PartialFile file, long missing) throws IOException {
    long usable = disk.usableBytes(file.path().getParent());
    if (usable < missing) {
      throw new IOException(
          String.format(
              Locale.ROOT,
              "it needs %,d MB more, and the disk has %,d MB left",
              (missing + 999_999) / 1_000_000,
              usable / 1_000_000));
    }
  }

  private static void checkHead(Head head, boolean atEnd, PartialFile file, URI url)
      throws IOException {
    Optional<String> problem = head.problem(atEnd);
    if (problem.isPresent()) {
      file.discard();
      throw HttpConnection.notTheFile(url, problem.get());
    }
  }

  /** The first bytes of the file, until they have been looked at. */
  private static final class Head {
    private ByteBuffer bytes;

    Head(boolean wanted) {
      bytes = wanted ? ByteBuffer.allocate(CheckpointBytes.COUNT) : null;
    }

    void add(ByteBuffer more) {
      if (bytes != null && bytes.hasRemaining()) {
        int count = Math.min(bytes.remaining(), more.remaining());
        bytes.put(more.duplicate().limit(more.position() + count));
      }
    }

    Optional<String> problem(boolean atEnd) {
      if (bytes == null || (bytes.hasRemaining() && !atEnd)) {
        return Optional.empty();
      }
      byte[] seen = Arrays.copyOf(bytes.array(), bytes.position());
      bytes = null;
      return CheckpointBytes.problem(seen);
    }
  }
}
