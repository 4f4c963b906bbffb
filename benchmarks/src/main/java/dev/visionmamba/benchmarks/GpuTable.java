package dev.visionmamba.benchmarks;

import ai.djl.Device;
import ai.djl.Model;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import dev.visionmamba.heads.Classifier;
import dev.visionmamba.scans.Columns;
import dev.visionmamba.scans.ScanDirection;
import dev.visionmamba.scans.ScanPath;
import dev.visionmamba.scans.ScanStrategies;
import dev.visionmamba.scans.SelectiveScanArguments;
import dev.visionmamba.scans.SelectiveScanArguments.Merge;
import dev.visionmamba.scans.autograd.GradientMode;
import dev.visionmamba.scans.engine.ScanEngine;
import dev.visionmamba.scans.engine.ScanEngines;
import dev.visionmamba.scans.engine.ScanResult;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;

/**
 * What a GPU makes of the scans and the networks, as a table: scans against the time in which the
 * device copies as many bytes as a scan must at least read and write, and networks in images a
 * second. A device runs what it is asked for later, so a time is of many calls and of one number
 * that is fetched at their end.
 */
public final class GpuTable {
  private static final int ROUNDS = 5;

  private final NDManager manager;
  private final double copyBytesPerSecond;

  private GpuTable(NDManager manager, long copied) {
    this.manager = manager;
    NDArray source = manager.zeros(new Shape(copied / Float.BYTES));
    double seconds = seconds(20, source::duplicate);
    source.close();
    this.copyBytesPerSecond = 2.0 * copied / seconds;
  }

  /**
   * Prints the table.
   *
   * @param arguments the device, such as {@code gpu0}; the batches, such as {@code 1,64}; the
   *     networks, such as {@code vmamba_tiny_s1l8,vim_tiny}
   */
  public static void main(String[] arguments) {
    if (arguments.length != 3) {
      System.err.println("usage: GpuTable DEVICE BATCH,BATCH... NETWORK,NETWORK...");
      System.exit(2);
    }
    Device device = Device.fromName(arguments[0]);
    if (device.isGpu() && Engine.getInstance().getGpuCount() <= device.getDeviceId()) {
      System.err.println(
          "libtorch sees "
              + Engine.getInstance().getGpuCount()
              + " GPUs, so there is no "
              + device);
      System.exit(1);
    }
    try (NDManager manager = NDManager.newBaseManager(device);
        GradientMode off = GradientMode.off()) {
      GpuTable table = new GpuTable(manager, device.isGpu() ? 1L << 30 : 1L << 26);
      System.out.printf(
          Locale.ROOT,
          "%s: it copies %.0f GB/s (read and written)%n%n"
              + "| what | time | share of the copy's time | throughput | memory in use |%n"
              + "| --- | --- | --- | --- | --- |%n",
          device,
          table.copyBytesPerSecond * 1e-9);
      for (String batch : arguments[1].split(",")) {
        for (DataType type : List.of(DataType.FLOAT32, DataType.FLOAT16)) {
          if (device.isGpu() || type == DataType.FLOAT32) {
            table.scan(Integer.parseInt(batch), type);
          }
        }
      }
      for (String network : arguments[2].split(",")) {
        for (String batch : arguments[1].split(",")) {
          table.network(network, Integer.parseInt(batch));
        }
      }
    }
  }

  /** The median of some rounds of many calls, of one call. */
  private static double seconds(int calls, Supplier<NDArray> call) {
    double[] seconds = new double[ROUNDS];
    for (int round = -1; round < ROUNDS; round++) { // the first warms up
      long start = System.nanoTime();
      for (int i = 1; i < calls; i++) {
        call.get().close();
      }
      try (NDArray last = call.get();
          NDArray flat = last.flatten();
          NDArray one = flat.get(0)) {
        one.toType(DataType.FLOAT32, false).toFloatArray();
      }
      if (round >= 0) {
        seconds[round] = (System.nanoTime() - start) * 1e-9 / calls;
      }
    }
    Arrays.sort(seconds);
    return seconds[ROUNDS / 2];
  }

  /** The four directions of VMamba-T's first stage at 224x224: 192 channels of one state. */
  private void scan(int batch, DataType type) {
    int side = 56;
    int channels = 192;
    int rank = 6;
    long tokens = (long) side * side;
    try (NDManager own = manager.newSubManager()) {
      NDArray u = uniform(own, type, batch, tokens, channels);
      List<ScanPath> paths = ScanStrategies.CROSS.paths(side, side);
      int width = paths.size() * (rank + 2);
      NDArray projected = uniform(own, type, batch, tokens, width);
      List<ScanDirection> directions = new ArrayList<>();
      for (int k = 0; k < paths.size(); k++) {
        int from = k * (rank + 2);
        directions.add(
            new ScanDirection(
                paths.get(k),
                paths.get(k),
                Columns.all(u),
                new Columns(projected, from, from + rank),
                new Columns(projected, from + rank, from + rank + 1),
                new Columns(projected, from + rank + 1, from + rank + 2),
                uniform(own, type, channels, 1).sub(1.5f),
                uniform(own, type, channels),
                uniform(own, type, channels),
                1,
                uniform(own, type, channels, rank)));
      }
      SelectiveScanArguments arguments =
          new SelectiveScanArguments(directions, null, Merge.SUM, true);
      NDArray gradient = uniform(own, type, batch, tokens, channels);
      ScanEngine engine = ScanEngines.choose(arguments.arrays(), false);
      long elements = batch * tokens * (2L * channels + width);
      double floor = elements * type.getNumOfBytes() / copyBytesPerSecond;
      String what = "scan by " + engine.name() + ", " + type + ", batch " + batch;
      double forward = seconds(10, () -> engine.selectiveScan(arguments, false).output());
      print(what + ", forward", forward, floor, batch / forward, "sequences");
      if (!engine.isDifferentiable()) {
        ScanResult kept = engine.selectiveScanForBackward(arguments);
        NDList gradients = new NDList();
        arguments.arrays().forEach(array -> gradients.add(array.zerosLike()));
        double backward =
            seconds(
                10,
                () -> {
                  engine.selectiveScanBackward(arguments, kept.saved(), gradient, gradients);
                  return gradients.get(0).get("0, 0");
                });
        // Read u, the output's gradient and the parameters; read and write their gradients.
        double least = batch * tokens * (4.0 * channels + 3 * width) * type.getNumOfBytes();
        print(
            what + ", backward",
            backward,
            least / copyBytesPerSecond,
            batch / backward,
            "sequences");
      }
    }
  }

  private static NDArray uniform(NDManager manager, DataType type, long... shape) {
    return manager.randomUniform(-1, 1, new Shape(shape)).toType(type, false);
  }

  private void network(String name, int batch) {
    try (Model model =
        Model.newInstance(name, manager.getDevice(), Engine.getInstance().getEngineName())) {
      Classifier classifier = Classifier.create(name, Map.of());
      model.setBlock(classifier);
      classifier.initialize(model.getNDManager(), DataType.FLOAT32, new Shape(1));
      classifier.freezeParameters(true);
      classifier.foldNorms();
      Shape shape = new Shape(batch, 3).addAll(classifier.backbone().imageSize());
      NDArray images = model.getNDManager().randomNormal(shape);
      double seconds =
          seconds(
              3,
              () -> {
                try (NDManager scope = model.getNDManager().newSubManager()) {
                  images.tempAttach(scope);
                  ParameterStore store = new ParameterStore(scope, false);
                  NDArray logits = classifier.forward(store, new NDList(images), false).head();
                  logits.attach(manager);
                  return logits;
                }
              });
      print(name + ", float32, batch " + batch, seconds, 0, batch / seconds, "images");
    }
  }

  private void print(String what, double seconds, double floor, double perSecond, String unit) {
    System.out.printf(
        Locale.ROOT,
        "| %s | %.3f ms | %s | %.0f %s/s | %s |%n",
        what,
        seconds * 1e3,
        floor == 0 ? "" : String.format(Locale.ROOT, "%.1f %%", 100 * floor / seconds),
        perSecond,
        unit,
        manager.getDevice().isGpu() ? memory(manager.getDevice()) : "");
  }

  /** What the driver's own tool says; libtorch keeps memory that it has once taken. */
  private static String memory(Device device) {
    try {
      Process process =
          new ProcessBuilder(
                  "nvidia-smi",
                  "--query-gpu=memory.used",
                  "--format=csv,noheader",
                  "--id=" + device.getDeviceId())
              .redirectErrorStream(true)
              .start();
      return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    } catch (IOException e) {
      return "unknown: there is no nvidia-smi";
    }
  }
}
