package dev.visionmamba.zoo.download;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A Java process of its own that fetches the toy checkpoint and says what happens. */
final class ChildProcess {
  private final Process process;
  private final BufferedReader reader;
  private final List<String> lines = new ArrayList<>();

  private ChildProcess(Process process) {
    this.process = process;
    this.reader = process.inputReader();
  }

  static ChildProcess start(List<String> flags, Map<String, String> variables, URI url, Path cache)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx128m", "-XX:TieredStopAtLevel=1"));
    command.addAll(flags);
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.addAll(List.of(ChildProcess.class.getName(), url.toString(), cache.toString()));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().putAll(variables);
    return new ChildProcess(builder.start());
  }

  static ChildProcess start(URI url, Path cache) throws IOException {
    return start(List.of(), Map.of(), url, cache);
  }

  /** Reads what the process says until a line begins so. */
  void await(String beginning) throws IOException {
    for (String line = reader.readLine(); line != null; line = reader.readLine()) {
      lines.add(line);
      if (line.startsWith(beginning)) {
        return;
      }
    }
    throw new AssertionError("the process ended without " + beginning + ": " + lines);
  }

  /** Ends the process in the middle of whatever it does. */
  void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  /** Waits for the process to end; its exit code. */
  int end() throws Exception {
    reader.lines().forEach(lines::add);
    return process.waitFor();
  }

  String output() {
    return String.join("\n", lines);
  }

  /** What the process runs. */
  public static void main(String[] arguments) throws Exception {
    Path cache = Path.of(arguments[1]);
    DownloadOptions options =
        Toy.options(cache)
            .withTimeouts(Duration.ofSeconds(60), Duration.ofSeconds(100))
            .withRetries(0, Duration.ofMillis(1), Duration.ofMillis(1));
    DownloadListener listener =
        new DownloadListener() {
          @Override
          public void waiting(String name) {
            System.out.println("waiting");
          }

          @Override
          public void received(long bytes) {
            System.out.println("received " + bytes);
          }
        };
    Path file = new Downloader(options).fetch(Toy.at(URI.create(arguments[0])), listener);
    System.out.println("fetched " + file);
  }
}
