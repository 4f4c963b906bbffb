package dev.visionmamba.tasks;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.types.DataType;
import dev.visionmamba.tasks.image.PixelImage;
import dev.visionmamba.zoo.DetectorModel;
import dev.visionmamba.zoo.FitInput;
import dev.visionmamba.zoo.HeadDescription;
import dev.visionmamba.zoo.ModelDescription;
import dev.visionmamba.zoo.SegmenterModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Small detectors and segmenters with random weights, which say the same of the same picture. */
public final class DenseModels {
  /** Their classes. */
  public static final List<String> CLASSES = List.of("background", "boot", "bag");

  private DenseModels() {}

  private static ModelDescription description(String head, Map<String, Object> arguments) {
    return new ModelDescription(
        "tiny_" + head,
        "vmamba_tiny_s1l8",
        Map.of("dims", 16, "depths", List.of(1, 1, 1, 1), "drop_path_rate", 0.0),
        new HeadDescription(head, arguments),
        CLASSES,
        null,
        new FitInput(32, 96, 32, List.of(0.5f, 0.5f, 0.5f), List.of(0.25f, 0.25f, 0.25f)),
        Map.of());
  }

  /** Finds boxes and masks. */
  public static DetectorModel maskRcnn() {
    return detector(
        description(
            "mask_rcnn",
            Map.of(
                "neck_channels",
                16,
                "fc_channels",
                16,
                "mask_channels",
                8,
                "mask_convolutions",
                1,
                "proposals",
                20)));
  }

  /** Finds boxes alone. */
  public static DetectorModel retinaNet() {
    return detector(description("retinanet", Map.of("neck_channels", 16, "convolutions", 1)));
  }

  private static DetectorModel detector(ModelDescription description) {
    Engine.getEngine("PyTorch").setRandomSeed(5);
    DetectorModel model = DetectorModel.create(description, Device.cpu());
    model.network().freezeParameters(true);
    return model;
  }

  /** Segments. */
  public static SegmenterModel segmenter() {
    Engine.getEngine("PyTorch").setRandomSeed(6);
    SegmenterModel model =
        SegmenterModel.create(
            description("semantic_fpn", Map.of("neck_channels", 16, "channels", 16)), Device.cpu());
    model.network().freezeParameters(true);
    return model;
  }

  /** Writes a model to a file. */
  public static Path save(DetectorModel model, Path file) throws IOException {
    try (model) {
      model.save(file, model.description(), DataType.FLOAT32);
    }
    return file;
  }

  /** Writes a model to a file. */
  public static Path save(SegmenterModel model, Path file) throws IOException {
    try (model) {
      model.save(file, model.description(), DataType.FLOAT32);
    }
    return file;
  }

  /** A picture of coarse coloured patches, so that places look different. */
  public static PixelImage picture(int width, int height, long seed) {
    Random random = new Random(seed);
    int[] colours = random.ints(64, 0, 1 << 24).toArray();
    byte[] rgb = new byte[3 * width * height];
    for (int i = 0; i < width * height; i++) {
      int colour = colours[i / width / 7 * 5 + i % width / 9 & 63];
      for (int c = 0; c < 3; c++) {
        rgb[3 * i + c] = (byte) (colour >> 8 * c);
      }
    }
    return new PixelImage(width, height, rgb);
  }
}
