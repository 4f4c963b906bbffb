package dev.visionmamba.zoo.download;

import java.io.IOException;
import java.net.http.HttpHeaders;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.CRC32C;
import java.util.zip.Checksum;

/** Digests of files: what servers say they are, and what they are. */
final class Digests {
  static final String SHA256 = "SHA-256";
  private static final String CRC32C = "CRC32C";

  /** By the names that headers use, in lower case: Java's name and the digest's length in bytes. */
  private record Algorithm(String name, int bytes) {}

  private static final Map<String, Algorithm> ALGORITHMS =
      Map.of(
          "sha-256", new Algorithm(SHA256, 32),
          "sha-512", new Algorithm("SHA-512", 64),
          "md5", new Algorithm("MD5", 16),
          "crc32c", new Algorithm(CRC32C, 4));

  private static final Pattern LINKED_ETAG = Pattern.compile("\"?([0-9a-f]{64})\"?");
  // sha-256=:BASE64:, as RFC 9530 writes it, or sha-256=BASE64, as RFC 3230 does
  private static final Pattern PAIR = Pattern.compile("([A-Za-z0-9-]+)=:?([A-Za-z0-9+/]+={0,2}):?");

  private Digests() {}

  /**
   * What a response says of the whole file.
   *
   * @param headers of a response
   * @param whole whether its body is the whole file
   * @return digests in lower-case hexadecimal by Java's names of algorithms
   */
  static Map<String, String> of(HttpHeaders headers, boolean whole) {
    Map<String, String> digests = new LinkedHashMap<>();
    // Hugging Face's redirection: the SHA-256 of a file in its large storage.
    headers
        .firstValue("X-Linked-ETag")
        .map(LINKED_ETAG::matcher)
        .filter(Matcher::matches)
        .ifPresent(match -> digests.put(SHA256, match.group(1)));
    for (String header : new String[] {"Repr-Digest", "Digest", "x-goog-hash"}) {
      headers.allValues(header).forEach(value -> addPairs(value, digests));
    }
    if (whole) {
      headers.firstValue("Content-MD5").ifPresent(value -> add("md5", value.strip(), digests));
      headers.allValues("Content-Digest").forEach(value -> addPairs(value, digests));
    }
    return digests;
  }

  private static void addPairs(String value, Map<String, String> digests) {
    Matcher pairs = PAIR.matcher(value);
    while (pairs.find()) {
      add(pairs.group(1), pairs.group(2), digests);
    }
  }

  /** Leaves out what is no digest of the length that its algorithm has. */
  private static void add(String algorithm, String base64, Map<String, String> digests) {
    Algorithm known = ALGORITHMS.get(algorithm.toLowerCase(Locale.ROOT));
    if (known == null) {
      return;
    }
    try {
      byte[] digest = Base64.getDecoder().decode(base64);
      if (digest.length == known.bytes()) {
        digests.putIfAbsent(known.name(), HexFormat.of().formatHex(digest));
      }
    } catch (IllegalArgumentException e) {
      // not base64: as if it were not there
    }
  }

  /** A file's SHA-256 in lower-case hexadecimal. */
  static String sha256(Path file) throws IOException {
    return compute(file, Map.of()).get(SHA256);
  }

  /** A file's SHA-256, and its digests by the algorithms of these. */
  static Map<String, String> compute(Path file, Map<String, String> wanted) throws IOException {
    MessageDigest sha256 = digest(SHA256);
    Map<String, MessageDigest> others = new LinkedHashMap<>();
    Optional<Checksum> crc = Optional.empty();
    for (String algorithm : wanted.keySet()) {
      if (algorithm.equals(CRC32C)) {
        crc = Optional.of(new CRC32C());
      } else if (!algorithm.equals(SHA256)) {
        others.put(algorithm, digest(algorithm));
      }
    }
    try (FileChannel channel = FileChannel.open(file)) {
      ByteBuffer buffer = ByteBuffer.allocate(1 << 18);
      while (channel.read(buffer) >= 0) {
        buffer.flip();
        sha256.update(buffer.duplicate());
        others.values().forEach(other -> other.update(buffer.duplicate()));
        crc.ifPresent(checksum -> checksum.update(buffer.duplicate()));
        buffer.clear();
      }
    }
    Map<String, String> digests = new LinkedHashMap<>();
    digests.put(SHA256, HexFormat.of().formatHex(sha256.digest()));
    others.forEach((name, other) -> digests.put(name, HexFormat.of().formatHex(other.digest())));
    crc.ifPresent(checksum -> digests.put(CRC32C, String.format("%08x", checksum.getValue())));
    return digests;
  }

  private static MessageDigest digest(String algorithm) {
    try {
      return MessageDigest.getInstance(algorithm);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("this Java has no " + algorithm, e);
    }
  }
}
