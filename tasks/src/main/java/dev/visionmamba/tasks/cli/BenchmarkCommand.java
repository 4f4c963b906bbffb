package dev.visionmamba.tasks.cli;

import ai.djl.Device;
import ai.djl.Model;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import com.google.gson.JsonObject;
import dev.visionmamba.backbones.Backbones;
import dev.visionmamba.heads.Classifier;
import dev.visionmamba.tasks.Benchmark;
import dev.visionmamba.zoo.ClassifierModel;
import dev.visionmamba.zoo.ModelCatalogue;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
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
      "Measures how fast a model is.",
      "A network without weights is measured with random ones. The floor is the time that the"
          + " model's operations would take at the best rate of this machine's matrix products."
    })
final class BenchmarkCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(
      names = "--model",
      paramLabel = "NAME|PATH",
      defaultValue = ModelCatalogue.DEFAULT,
      description = "A network or a model with weights (default: ${DEFAULT-VALUE}).")
  private String model;

  @Option(
      names = "--size",
      paramLabel = "S",
      description = "Height and width of the images in pixels (default: the model's).")
  private Integer size;

  @Option(names = "--batch", paramLabel = "B", defaultValue = "1", description = "Images a run.")
  private int batch;

  @Option(names = "--runs", paramLabel = "N", defaultValue = "20", description = "How many runs.")
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

  @Option(names = "--json", description = "Print one JSON object.")
  private boolean json;

  @Override
  public Integer call() throws Exception {
    if (batch < 1 || runs < 1 || (size != null && size < 1)) {
      throw new ParameterException(
          spec.commandLine(), "--size, --batch and --runs must be at least 1");
    }
    if (!(warmup >= 0)) {
      throw new ParameterException(spec.commandLine(), "--warmup must be at least 0");
    }
    if (Backbones.find(model).isPresent()) {
      Classifier network = Classifier.create(model, Map.of());
      try (Model owner = Model.newInstance(model, Device.cpu(), "PyTorch")) {
        owner.setBlock(network);
        network.initialize(owner.getNDManager(), DataType.FLOAT32, new Shape(1));
        network.freezeParameters(true);
        measure(owner, network);
      }
    } else {
      try (ClassifierModel loaded = ModelCatalogue.load(model, Device.cpu())) {
        measure(loaded.djlModel(), loaded.network());
      }
    }
    return 0;
  }

  private void measure(Model owner, Classifier network) {
    if (!noFold) {
      network.foldNorms();
    }
    int side = size == null ? (int) network.backbone().imageSize().get(0) : size;
    Benchmark.Result result =
        Benchmark.run(network, owner.getNDManager(), side, batch, warmup, runs);
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.println(toJson(result, side));
    } else {
      out.printf(
          Locale.ROOT,
          "%s, %dx%d, batch %d, %d runs%n"
              + "  median        %10.2f ms%n"
              + "  minimum       %10.2f ms%n"
              + "  throughput    %10.1f images/s%n"
              + "  peak memory   %10.0f MB resident%n"
              + "  operations    %10.2f GFLOP a run (two a multiply-add)%n"
              + "  matrix rate   %10.1f GFLOP/s measured here%n"
              + "  floor         %10.2f ms%n"
              + "  ratio         %10.2f times the floor%n",
          model,
          side,
          side,
          batch,
          runs,
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

  private JsonObject toJson(Benchmark.Result result, int side) {
    JsonObject object = new JsonObject();
    object.addProperty("model", model);
    object.addProperty("size", side);
    object.addProperty("batch", batch);
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
