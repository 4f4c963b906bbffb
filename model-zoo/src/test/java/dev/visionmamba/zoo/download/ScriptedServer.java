package dev.visionmamba.zoo.download;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.net.ssl.SSLContext;

/**
 * A web server on the loopback address that misbehaves as a test wants it: every connection gets
 * one request, and the script writes the bytes of the answer.
 */
final class ScriptedServer implements AutoCloseable {

  /** A request; header names in lower case. */
  record Request(String target, Map<String, String> headers) {
    String header(String name) {
      return headers.getOrDefault(name.toLowerCase(Locale.ROOT), "");
    }

    /** Where a wanted range begins, -1 if the whole is wanted. */
    int rangeStart() {
      String range = header("Range");
      return range.isEmpty() ? -1 : Integer.parseInt(range.substring(6, range.length() - 1));
    }
  }

  /** Answers a request. */
  @FunctionalInterface
  interface Script {
    void answer(Request request, Reply reply) throws Exception;
  }

  /** What is sent back. */
  static final class Reply {
    private final Socket socket;
    private final OutputStream out;

    private Reply(Socket socket) throws IOException {
      this.socket = socket;
      this.out = socket.getOutputStream();
    }

    /** A status line and headers, each {@code Name: value}. */
    void head(int status, String... headers) throws IOException {
      StringBuilder text = new StringBuilder("HTTP/1.1 " + status + " Whatever\r\n");
      text.append("Connection: close\r\n");
      for (String header : headers) {
        text.append(header).append("\r\n");
      }
      out.write(text.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1));
      out.flush();
    }

    void body(byte[] bytes, int from, int to) throws IOException {
      out.write(bytes, from, to - from);
      out.flush();
    }

    /** A whole answer. */
    void send(int status, byte[] body, String... headers) throws IOException {
      String[] all = Arrays.copyOf(headers, headers.length + 1);
      all[headers.length] = "Content-Length: " + body.length;
      head(status, all);
      body(body, 0, body.length);
    }

    /** What an honest server answers, ranges included. */
    void serve(Request request, byte[] file, String... headers) throws IOException {
      int start = request.rangeStart();
      if (start < 0) {
        send(200, file, headers);
        return;
      }
      String[] all = Arrays.copyOf(headers, headers.length + 2);
      all[headers.length] = "Content-Length: " + (file.length - start);
      all[headers.length + 1] =
          "Content-Range: bytes " + start + "-" + (file.length - 1) + "/" + file.length;
      head(206, all);
      body(file, start, file.length);
    }

    /** Ends the connection with a reset, as a broken network does. */
    void reset() throws IOException {
      socket.setSoLinger(true, 0);
      socket.close();
    }
  }

  private final ServerSocket listener;
  private final String scheme;
  private final Script script;
  private final List<Request> requests = new CopyOnWriteArrayList<>();
  private final List<Thread> threads = new CopyOnWriteArrayList<>();
  private final List<Throwable> failures = new CopyOnWriteArrayList<>();

  ScriptedServer(Script script) throws IOException {
    this(new ServerSocket(0, 50, InetAddress.getLoopbackAddress()), "http", script);
  }

  ScriptedServer(SSLContext certificates, Script script) throws IOException {
    this(
        certificates
            .getServerSocketFactory()
            .createServerSocket(0, 50, InetAddress.getLoopbackAddress()),
        "https",
        script);
  }

  private ScriptedServer(ServerSocket listener, String scheme, Script script) {
    this.listener = listener;
    this.scheme = scheme;
    this.script = script;
    start(this::accept);
  }

  private void start(Runnable task) {
    Thread thread = new Thread(task, "scripted server");
    thread.setDaemon(true);
    threads.add(thread);
    thread.start();
  }

  private void accept() {
    while (!listener.isClosed()) {
      try {
        Socket socket = listener.accept();
        start(() -> answer(socket));
      } catch (IOException e) {
        return; // closed
      }
    }
  }

  private void answer(Socket socket) {
    try (socket) {
      Request request = read(new BufferedInputStream(socket.getInputStream()));
      if (request != null) {
        requests.add(request);
        script.answer(request, new Reply(socket));
      }
    } catch (IOException | InterruptedException e) {
      // the client has gone, or the test is over
    } catch (Throwable e) {
      failures.add(e);
    }
  }

  private static Request read(InputStream in) throws IOException {
    String first = line(in);
    if (first.isEmpty()) {
      return null;
    }
    Map<String, String> headers = new TreeMap<>();
    for (String line = line(in); !line.isEmpty(); line = line(in)) {
      String[] parts = line.split(":", 2);
      headers.put(parts[0].toLowerCase(Locale.ROOT), parts[1].strip());
    }
    return new Request(first.split(" ")[1], headers);
  }

  private static String line(InputStream in) throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    for (int c = in.read(); c >= 0 && c != '\n'; c = in.read()) {
      line.write(c);
    }
    return line.toString(StandardCharsets.ISO_8859_1).strip();
  }

  /** The address of a path on this server. */
  URI url(String path) {
    return URI.create(scheme + "://127.0.0.1:" + listener.getLocalPort() + path);
  }

  /** What has been asked so far. */
  List<Request> requests() {
    return List.copyOf(requests);
  }

  int port() {
    return listener.getLocalPort();
  }

  @Override
  public void close() {
    try {
      listener.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    threads.forEach(Thread::interrupt);
    if (!failures.isEmpty()) {
      throw new AssertionError("the server's script failed", failures.get(0));
    }
  }
}
