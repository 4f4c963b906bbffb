package dev.visionmamba.scans;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import dev.visionmamba.golden.GoldenFile;
import dev.visionmamba.golden.GoldenOutput;
import dev.visionmamba.golden.GoldenTensor;
import dev.visionmamba.scans.engine.ScanEngine;
import dev.visionmamba.scans.engine.ScanEngines;
import dev.visionmamba.scans.engine.ScanResult;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every engine and operator against the published ones, forward and backward. */
class GoldenOperatorTest {
  private static final double TOLERANCE = 1e-5;

  static Stream<Arguments> filesAndEngines() {
    return files()
        .flatMap(
            file ->
                ScanEngines.available().stream().map(engine -> Arguments.of(file, engine.name())));
  }

  /** Scans and convolutions. */
  static Stream<GoldenFile> files() {
    return GoldenFile.find(GoldenOperatorTest.class, "/golden").stream()
        .map(GoldenFile::read)
        .filter(file -> List.of("selective_scan", "causal_conv1d").contains(file.model()));
  }

  @ParameterizedTest(name = "{0} by {1}")
  @MethodSource("filesAndEngines")
  void operatorAgrees(GoldenFile file, String engineName) {
    check(file, ScanEngines.named(engineName));
  }

  /** One engine on one file. */
  static void check(GoldenFile file, ScanEngine engine) {
    try (NDManager manager = NDManager.newBaseManager()) {
      Map<String, NDArray> inputs = inputs(file, manager);
      NDArray outputGradient = inputs.remove("dout");
      Map<String, NDArray> results =
          engine.isDifferentiable()
              ? byAutograd(file, engine, inputs, outputGradient)
              : byHand(file, engine, inputs, outputGradient);
      check(file, results);
    }
  }

  static Stream<GoldenFile> dualityFiles() {
    return GoldenFile.find(GoldenOperatorTest.class, "/golden").stream()
        .map(GoldenFile::read)
        .filter(file -> file.model().equals("ssd_minimal_discrete"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("dualityFiles")
  void dualityAgrees(GoldenFile file) {
    try (NDManager manager = NDManager.newBaseManager()) {
      Map<String, NDArray> inputs = inputs(file, manager);
      NDArray outputGradient = inputs.remove("dout");
      Map<String, NDArray> results = new LinkedHashMap<>();
      try (GradientCollector collector = manager.getEngine().newGradientCollector()) {
        inputs.values().forEach(input -> input.setRequiresGradient(true));
        NDArray initialStates = inputs.get("initial_states"); // (B, 1, H, P, N)
        StateSpaceDuality.Result result =
            StateSpaceDuality.forwardWithLastState(
                new StateSpaceDualityArguments(
                    null,
                    inputs.get("X"),
                    inputs.get("A"),
                    inputs.get("B"),
                    inputs.get("C"),
                    initialStates == null ? null : initialStates.squeeze(1),
                    file.config().get("block_len").getAsInt()));
        results.put("out", result.output());
        results.put("final_state", result.lastState());
        collector.backward(result.output().mul(outputGradient).sum());
        inputs.forEach((name, input) -> results.put("grad." + name, input.getGradient()));
      }
      check(file, results);
    }
  }

  private static Map<String, NDArray> inputs(GoldenFile file, NDManager manager) {
    Map<String, NDArray> inputs = new LinkedHashMap<>();
    for (GoldenTensor input : file.inputs().values()) {
      inputs.put(input.name(), manager.create(input.elements(), new Shape(input.shape())));
    }
    return inputs;
  }

  private static void check(GoldenFile file, Map<String, NDArray> results) {
    assertThat(results.keySet()).containsExactlyInAnyOrderElementsOf(file.outputs().keySet());
    for (GoldenOutput output : file.outputs().values()) {
      NDArray result = results.get(output.name());
      assertThat(result.getShape()).isEqualTo(new Shape(output.shape()));
      output.check(result.toFloatArray(), TOLERANCE);
    }
  }

  /** Gradients of the published layout's inputs, through our layout, by libtorch. */
  private static Map<String, NDArray> byAutograd(
      GoldenFile file, ScanEngine engine, Map<String, NDArray> inputs, NDArray outputGradient) {
    Map<String, NDArray> results = new LinkedHashMap<>();
    try (GradientCollector collector =
        outputGradient.getManager().getEngine().newGradientCollector()) {
      inputs.values().forEach(input -> input.setRequiresGradient(true));
      if (file.model().equals("causal_conv1d")) {
        results.put("out", channelsFirst(engine.causalConv1d(convolution(inputs))));
      } else {
        ScanResult result = engine.selectiveScan(scan(file, inputs), true);
        results.put("out", channelsFirst(result.output()));
        results.put("last_state", result.lastStates().get(0));
      }
      collector.backward(results.get("out").mul(outputGradient).sum());
      inputs.forEach((name, input) -> results.put("grad." + name, input.getGradient()));
    }
    return results;
  }

  private static Map<String, NDArray> byHand(
      GoldenFile file, ScanEngine engine, Map<String, NDArray> inputs, NDArray outputGradient) {
    Map<String, NDArray> results = new LinkedHashMap<>();
    NDArray gradient = channelsLast(outputGradient);
    if (file.model().equals("causal_conv1d")) {
      CausalConv1dArguments arguments = convolution(inputs);
      results.put("out", channelsFirst(engine.causalConv1d(arguments)));
      NDList gradients = engine.causalConv1dBackward(arguments, gradient);
      results.put("grad.x", channelsFirst(gradients.get(0)));
      results.put("grad.weight", gradients.get(1));
      results.put("grad.bias", gradients.get(2));
      return results;
    }
    SelectiveScanArguments arguments = scan(file, inputs);
    ScanResult result = engine.selectiveScan(arguments, true);
    results.put("out", channelsFirst(result.output()));
    results.put("last_state", result.lastStates().get(0));
    NDList gradients = engine.selectiveScanBackward(arguments, gradient);
    int next = 0;
    for (String name : List.of("u", "delta", "B", "C", "A", "D", "delta_bias", "z")) {
      NDArray input = inputs.get(name);
      if (input != null) {
        NDArray got = gradients.get(next++);
        if (input.getShape().dimension() == 3) {
          got = channelsFirst(got);
        } else if (input.getShape().dimension() == 4) {
          got = channelsFirst(got).reshape(input.getShape());
        }
        results.put("grad." + name, got);
      }
    }
    assertThat(next).isEqualTo(gradients.size());
    return results;
  }

  private static CausalConv1dArguments convolution(Map<String, NDArray> inputs) {
    NDArray x = channelsLast(inputs.get("x"));
    ScanPath path = ScanPath.raster((int) x.getShape().get(1));
    return new CausalConv1dArguments(
        path, Columns.all(x), inputs.get("weight"), inputs.get("bias"));
  }

  private static SelectiveScanArguments scan(GoldenFile file, Map<String, NDArray> inputs) {
    Shape grouped = inputs.get("B").getShape(); // (B, G, N, L)
    Shape flat = new Shape(grouped.get(0), grouped.get(1) * grouped.get(2), grouped.get(3));
    ScanPath path = ScanPath.raster((int) grouped.get(3));
    ScanDirection direction =
        new ScanDirection(
            path,
            path,
            Columns.all(channelsLast(inputs.get("u"))),
            Columns.all(channelsLast(inputs.get("delta"))),
            Columns.all(channelsLast(inputs.get("B").reshape(flat))),
            Columns.all(channelsLast(inputs.get("C").reshape(flat))),
            inputs.get("A"),
            inputs.get("D"),
            inputs.get("delta_bias"),
            (int) grouped.get(1));
    NDArray z = inputs.get("z");
    return new SelectiveScanArguments(
        List.of(direction),
        z == null ? null : Columns.all(channelsLast(z)),
        SelectiveScanArguments.Merge.SUM,
        file.config().get("delta_softplus").getAsBoolean());
  }

  /** (B, D, L) to (B, L, D), contiguous. */
  private static NDArray channelsLast(NDArray array) {
    return array.transpose(0, 2, 1).reshape(-1).reshape(swapped(array.getShape()));
  }

  private static Shape swapped(Shape shape) {
    return new Shape(shape.get(0), shape.get(2), shape.get(1));
  }

  /** (B, L, D) to (B, D, L). */
  private static NDArray channelsFirst(NDArray array) {
    return array.transpose(0, 2, 1);
  }
}
