package dev.visionmamba.tasks.cli;

import dev.visionmamba.zoo.download.DownloadListener;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.OptionalLong;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** Shows how a download goes: a bar on a terminal, else a line when it begins. */
final class DownloadBar implements DownloadListener, AutoCloseable {
  private static final Path STDERR = Path.of("/proc/self/fd/2");

  private final PrintWriter err;
  private final boolean terminal;
  private ProgressBar bar;

  DownloadBar(PrintWriter err) {
    this(err, isTerminal());
  }

  DownloadBar(PrintWriter err, boolean terminal) {
    this.err = err;
    this.terminal = terminal;
  }

  /** Whether stderr is a terminal; where that cannot be seen, whether stdin and stdout are. */
  private static boolean isTerminal() {
    if (!Files.isSymbolicLink(STDERR)) {
      return System.console() != null;
    }
    try {
      String device = Files.readSymbolicLink(STDERR).toString();
      return device.startsWith("/dev/pts/") || device.startsWith("/dev/tty");
    } catch (IOException e) {
      return false;
    }
  }

  @Override
  public void waiting(String name) {
    line("another process is fetching " + name + ": waiting for it");
  }

  @Override
  public void started(String name, URI url, long received, OptionalLong total) {
    close();
    if (!terminal) {
      line("fetching " + name + size(received, total) + " from " + url.getHost());
      return;
    }
    bar =
        new ProgressBarBuilder()
            .setTaskName(name)
            .setInitialMax(total.orElse(-1))
            .startsFrom(received, Duration.ZERO)
            .setStyle(ProgressBarStyle.ASCII)
            .setMaxRenderedLength(100)
            .setUnit(" MB", 1_000_000)
            .showSpeed()
            .build();
  }

  private static String size(long received, OptionalLong total) {
    String whole =
        total.isEmpty() ? "" : String.format(Locale.ROOT, " (%s)", megabytes(total.getAsLong()));
    return received == 0 ? whole : whole + " from " + megabytes(received) + " on";
  }

  /** A number of bytes for people. */
  static String megabytes(long bytes) {
    return String.format(Locale.ROOT, "%,.1f MB", bytes * 1e-6);
  }

  @Override
  public void received(long bytes) {
    if (bar != null) {
      bar.stepTo(bytes);
    }
  }

  @Override
  public void retrying(String problem, Duration pause) {
    close();
    line(
        String.format(
            Locale.ROOT, "%s: trying again in %.1f seconds", problem, pause.toMillis() * 1e-3));
  }

  private void line(String text) {
    err.println("visionmamba: " + text);
    err.flush();
  }

  /** Ends the bar's line, if there is one. */
  @Override
  public void close() {
    if (bar != null) {
      bar.close();
      bar = null;
    }
  }
}
