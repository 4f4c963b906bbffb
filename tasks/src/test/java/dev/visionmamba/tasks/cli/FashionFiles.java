package dev.visionmamba.tasks.cli;

import dev.visionmamba.tasks.Clothes;
import dev.visionmamba.tasks.training.LabelledImages;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Writes a small data set in Fashion-MNIST's files. */
final class FashionFiles {
  private FashionFiles() {}

  static Path write(Path folder) throws IOException {
    Files.createDirectories(folder);
    write(folder, "train", Clothes.bars(40, 1));
    write(folder, "t10k", Clothes.bars(20, 2));
    return folder;
  }

  private static void write(Path folder, String prefix, LabelledImages images) throws IOException {
    ByteArrayOutputStream pixels = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(pixels);
    out.writeInt(0x803);
    out.writeInt(images.count());
    out.writeInt(images.height());
    out.writeInt(images.width());
    ByteArrayOutputStream labels = new ByteArrayOutputStream();
    DataOutputStream labelOut = new DataOutputStream(labels);
    labelOut.writeInt(0x801);
    labelOut.writeInt(images.count());
    for (int i = 0; i < images.count(); i++) {
      byte[] image = new byte[images.height() * images.width()];
      images.image(i).get(image);
      out.write(image);
      labelOut.write(images.label(i));
    }
    Files.write(folder.resolve(prefix + "-images-idx3-ubyte"), pixels.toByteArray());
    Files.write(folder.resolve(prefix + "-labels-idx1-ubyte"), labels.toByteArray());
  }
}
