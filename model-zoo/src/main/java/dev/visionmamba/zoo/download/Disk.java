package dev.visionmamba.zoo.download;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** The disk that the cache is on; tests have smaller ones. */
interface Disk {
  /** The real one. */
  Disk REAL =
      new Disk() {
        @Override
        public long usableBytes(Path folder) throws IOException {
          return Files.getFileStore(folder).getUsableSpace();
        }

        @Override
        public WritableByteChannel append(Path file) throws IOException {
          return FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        }
      };

  /** How many bytes a file in this folder may still have. */
  long usableBytes(Path folder) throws IOException;

  /** Opens a file to write at its end; makes it if it is not there. */
  WritableByteChannel append(Path file) throws IOException;
}
