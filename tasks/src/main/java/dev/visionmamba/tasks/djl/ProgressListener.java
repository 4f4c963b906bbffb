package dev.visionmamba.tasks.djl;

import ai.djl.util.Progress;
import dev.visionmamba.zoo.download.DownloadListener;
import java.net.URI;
import java.nio.file.Path;
import java.util.OptionalLong;

/** Tells DJL's own progress how a download goes. */
final class ProgressListener implements DownloadListener {
  private final Progress progress;

  /** A listener for a progress; null for none. */
  ProgressListener(Progress progress) {
    this.progress = progress;
  }

  @Override
  public void started(String name, URI url, long received, OptionalLong total) {
    if (progress != null) {
      progress.reset(name, total.orElse(-1), url.toString());
      progress.start(received);
    }
  }

  @Override
  public void received(long bytes) {
    if (progress != null) {
      progress.update(bytes);
    }
  }

  @Override
  public void finished(Path file) {
    if (progress != null) {
      progress.end();
    }
  }
}
