package dev.visionmamba.tasks.drawing;

import dev.visionmamba.zoo.checkpoint.AtomicFiles;
import java.awt.image.BufferedImage;
import java.io.BufferedOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.file.Path;
import javax.imageio.ImageIO;

/** Writes pictures, whole or not at all. */
final class PngWriter {
  private PngWriter() {}

  static void write(BufferedImage image, Path file) throws IOException {
    AtomicFiles.write(
        file,
        channel -> {
          // Large pictures go to the file as they are packed. The channel stays open.
          OutputStream open =
              new FilterOutputStream(new BufferedOutputStream(Channels.newOutputStream(channel))) {
                @Override
                public void write(byte[] bytes, int offset, int length) throws IOException {
                  out.write(bytes, offset, length);
                }

                @Override
                public void close() throws IOException {
                  flush();
                }
              };
          if (!ImageIO.write(image, "png", open)) {
            throw new IOException("this Java runtime cannot write PNG; use a full JDK or JRE");
          }
          open.flush();
        });
  }
}
