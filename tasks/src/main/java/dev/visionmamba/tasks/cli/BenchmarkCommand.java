package dev.visionmamba.tasks.cli;

import ai.djl.Device;
import ai.djl.Model;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import com.google.gson.JsonObject;
import dev.visionmamba.backbones.Backbones;
import dev.visionmamba.backbones.Precision;
import dev.visionmamba.heads.Classifier;
import dev.visionmamba.heads.restoration.Restorers;
import dev.visionmamba.tasks.Benchmark;
import dev.visionmamba.zoo.HeadDescription;
import dev.visionmamba.zoo.ModelCatalogue;
import dev.visionmamba.zoo.ModelDescription;
import dev.visionmamba.zoo.TrainedModel;
import dev.visionmamba.zoo.catalogue.CatalogueEntry;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code visionmamba benchmark}. */
@Command(
    name = "benchmark",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Measures how fast a model of any task is, from an image to its answer.",
      "A network's name alone is measured with random weights, without a download. The floor is the"
          + " time that the model's operations would take at the rate of this machine's matrix"
          + " products, which are measured between the runs: the machine's speed may change, and the"
          + " ratio compares each run with the products of its own second.",
      "Images are noise; a detector's threshold is lowered until it finds as many objects in them"
          + " as it gives at most."
    })
final class BenchmarkCommand implements Callable<Integer> {
  /** A usual tile. Whole pictures take more memory than most machines have. */
  private static final int RESTORED_SIDE = 256;

  @Spec private CommandSpec spec;

  @Option(
      names = "--model",
      paramLabel = "NAME|PATH",
      defaultValue = ModelCatalogue.DEFAULT,
      description =
          "A network that the models command lists, or a model with weights: bundled, a file, a"
              + " folder that training has written, or a checkpoint, which is downloaded (default:"
              + " ${DEFAULT-VALUE}).")
  private String model;

  @Mixin private ComputeOptions compute;

  @Option(
      names = "--size",
      paramLabel = "S|HxW",
      description = {
        "Height and width of the images in pixels, or both at once (default: a classifier's own, or"
            + " where papers count the cost, 800x1280 for detectors and 512x2048 for segmenters;"
            + " the shorter side for models that were trained otherwise).",
        "Of a restorer the size before it is restored (default: 256x256)."
      })
  private String size;

  @Option(
      names = "--batch",
      paramLabel = "B",
      defaultValue = "1",
      description = "Images a run (default: ${DEFAULT-VALUE}).")
  private int batch;

  @Option(
      names = "--runs",
      paramLabel = "N",
      defaultValue = "20",
      description = "How many runs (default: ${DEFAULT-VALUE}).")
  private int runs;

  @Option(
      names = "--warmup",
      paramLabel = "SECONDS",
      defaultValue = "8",
      description =
          "How long to run before measuring, while the JVM still compiles (default:"
              + " ${DEFAULT-VALUE}).")
  private double warmup;

  @Option(
      names = "--no-fold",
      description = "Leave batch norms as they are; else they are folded into convolutions.")
  private boolean noFold;

  @Option(names = "--json", description = "Print one JSON object; its size is the shorter side.")
  private boolean json;

  @Override
  public Integer call() throws Exception {
    if (batch < 1 || runs < 1) {
      throw new ParameterException(spec.commandLine(), "--batch and --runs must be at least 1");
    }
    if (!(warmup >= 0)) {
      throw new ParameterException(spec.commandLine(), "--warmup must be at least 0");
    }
    Shape asked = size == null ? null : sides();
    Optional<SizedNetwork> random = withoutWeights();
    if (random.isPresent()) {
      try (Model owner = Model.newInstance(model, compute.device(), "PyTorch")) {
        owner.setBlock(random.get().network());
        random.get().network().initialize(owner.getNDManager(), DataType.FLOAT32, new Shape(1));
        random.get().network().freezeParameters(true);
        measure(owner, random.get(), asked);
      }
    } else {
      try (TrainedModel<?> loaded =
          StoredModel.load(model, compute.device(), spec.commandLine().getErr())) {
        SizedNetwork network = SizedNetwork.of(loaded.description(), loaded.network());
        measure(loaded.djlModel(), network, asked);
      }
    }
    return 0;
  }

  /** Height and width as asked for. */
  private Shape sides() {
    if (!size.matches("[1-9][0-9]{0,4}([xX][1-9][0-9]{0,4})?")) {
      throw new ParameterException(
          spec.commandLine(),
          "--size takes a side or HEIGHTxWIDTH in pixels, as in 800x1280, not " + size);
    }
    String[] sides = size.toLowerCase(Locale.ROOT).split("x");
    return new Shape(Long.parseLong(sides[0]), Long.parseLong(sides[sides.length - 1]));
  }

  /** The network that the name means by itself; empty if it means a model with weights. */
  private Optional<SizedNetwork> withoutWeights() {
    Optional<Backbones.Entry> backbone = Backbones.find(model);
    if (backbone.isPresent()) {
      return Optional.of(
          SizedNetwork.of(backbone.get().family(), Classifier.create(model, Map.of())));
    }
    Optional<CatalogueEntry> published = ModelCatalogue.downloadable(model);
    if (published.isPresent() && !published.get().name().equals(model)) {
      return Optional.of(described(ModelDescription.of(published.get())));
    }
    return Restorers.find(model)
        .map(
            entry ->
                described(
                    new ModelDescription(
                        model, model, Map.of(), HeadDescription.RESTORER, Map.of())));
  }

  private static SizedNetwork described(ModelDescription description) {
    return SizedNetwork.of(description, ModelCatalogue.network(description));
  }

  private void measure(Model owner, SizedNetwork network, Shape asked) {
    if (!noFold) {
      network.network().foldNorms();
    }
    network.network().setPrecision(compute.precision());
    Shape usual =
        network.task() == ModelTask.RESTORE
            ? new Shape(RESTORED_SIDE, RESTORED_SIDE)
            : network.size();
    Shape sides = asked == null ? usual : asked;
    int height = Math.toIntExact(sides.get(0));
    int width = Math.toIntExact(sides.get(1));
    Benchmark.Result result =
        Benchmark.run(network.sized().of(height, width), owner.getNDManager(), batch, warmup, runs);
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.println(toJson(result, height, width));
    } else {
      out.printf(
          Locale.ROOT,
          "%s, %dx%d, batch %d, %d runs%s%n"
              + "  median        %10.2f ms%n"
              + "  minimum       %10.2f ms%n"
              + "  throughput    %10.1f images/s%n"
              + "  peak memory   %10.0f MB resident%n"
              + "  operations    %10.2f GFLOP a run (two a multiply-add)%n"
              + "  matrix rate   %10.1f GFLOP/s measured here%n"
              + "  floor         %10.2f ms%n"
              + "  ratio         %10.2f times the floor%n",
          model,
          height,
          width,
          batch,
          runs,
          where(),
          result.medianMs(),
          result.minMs(),
          result.imagesPerSecond(),
          result.peakRssMb(),
          result.flops() * 1e-9,
          result.gemmGflops(),
          result.floorMs(),
          result.ratio());
    }
    out.flush();
  }

  /** What is not as usual. */
  private String where() {
    String device = compute.device().isGpu() ? ", " + deviceName() : "";
    return compute.precision() == Precision.FLOAT32 ? device : ", " + compute.precision() + device;
  }

  private String deviceName() {
    Device device = compute.device();
    return device.isGpu() ? "gpu" + device.getDeviceId() : "cpu";
  }

  private JsonObject toJson(Benchmark.Result result, int height, int width) {
    JsonObject object = new JsonObject();
    object.addProperty("model", model);
    object.addProperty("size", Math.min(height, width));
    object.addProperty("height", height);
    object.addProperty("width", width);
    object.addProperty("batch", batch);
    object.addProperty("device", deviceName());
    object.addProperty("precision", compute.precision().toString());
    object.addProperty("runs", runs);
    object.addProperty("median_ms", result.medianMs());
    object.addProperty("min_ms", result.minMs());
    object.addProperty("images_per_s", result.imagesPerSecond());
    object.addProperty("peak_rss_mb", result.peakRssMb());
    object.addProperty("flops", result.flops());
    object.addProperty("gemm_gflops", result.gemmGflops());
    object.addProperty("floor_ms", result.floorMs());
    object.addProperty("ratio", result.ratio());
    return object;
  }
}
