package dev.visionmamba.heads;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import ai.djl.util.Pair;
import dev.visionmamba.backbones.FeaturePyramid;
import dev.visionmamba.backbones.Precision;
import dev.visionmamba.backbones.Probe;
import dev.visionmamba.backbones.layers.NamedBlock;
import dev.visionmamba.heads.SmallNetworks.Small;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Half precision gives what single precision gives, but for rounding, and always numbers. */
class PrecisionTest {
  private static final double TOLERANCE = 1e-2;

  private final NDManager manager = NDManager.newBaseManager();

  @AfterEach
  void close() {
    manager.close();
  }

  static Stream<Small> networks() {
    return Stream.of(
            SmallNetworks.classifiers(),
            SmallNetworks.segmenters(),
            SmallNetworks.detectors(),
            SmallNetworks.restorers())
        .flatMap(networks -> networks);
  }

  static Stream<Small> classifiers() {
    return SmallNetworks.classifiers();
  }

  private NDArray images(Small small, float scale) {
    float[] values = new float[(int) small.images().size()];
    Random random = new Random(1);
    for (int i = 0; i < values.length; i++) {
      values[i] = scale * random.nextFloat();
    }
    return manager.create(values, small.images()).duplicate();
  }

  private NDList run(NamedBlock network, NDArray images) {
    return network.forward(new ParameterStore(manager, false), new NDList(images), false);
  }

  /** The arrays in float32, finite, and near the wanted ones by the length of their difference. */
  private static void assertClose(NDList arrays, NDList wanted, double tolerance) {
    assertThat(arrays).hasSameSizeAs(wanted);
    for (int i = 0; i < arrays.size(); i++) {
      assertThat(arrays.get(i).getDataType()).isEqualTo(DataType.FLOAT32);
      float[] values = arrays.get(i).toFloatArray();
      float[] expected = wanted.get(i).toFloatArray();
      double length = 0;
      double difference = 0;
      for (int j = 0; j < expected.length; j++) {
        assertThat(values[j]).as("array %d", i).isFinite();
        length = Math.hypot(length, expected[j]);
        difference = Math.hypot(difference, values[j] - expected[j]);
      }
      assertThat(length).isPositive();
      assertThat(difference / length).as("array %d", i).isLessThan(tolerance).isPositive();
    }
  }

  @ParameterizedTest
  @MethodSource("networks")
  void outputsAreThoseOfSinglePrecisionButForRounding(Small small) {
    NamedBlock network = small.filled(manager);
    NDArray images = images(small, 1);
    NDList wanted = run(network, images);
    network.setPrecision(Precision.FLOAT16);
    int before = manager.getManagedArrays().size();
    NDList outputs = run(network, images);
    assertThat(manager.getManagedArrays()).hasSize(before + outputs.size());
    if (small.name().startsWith("mambairv2")) {
      assertNumbers(outputs.singletonOrThrow());
    } else {
      assertClose(outputs, wanted, TOLERANCE);
    }
  }

  static Stream<Small> networksWithBatchNorms() {
    return networks()
        .filter(
            small ->
                small.network().get().getParameters().keys().stream()
                    .anyMatch(name -> name.endsWith("running_mean")));
  }

  @ParameterizedTest
  @MethodSource("networksWithBatchNorms")
  void foldedNormsAreRoundedToo(Small small) {
    NamedBlock network = small.filled(manager);
    NDArray images = images(small, 1);
    NDList wanted = run(network, images);
    network.foldNorms();
    network.setPrecision(Precision.FLOAT16);
    assertClose(run(network, images), wanted, TOLERANCE);
  }

  /**
   * MambaIRv2 sorts its tokens by a choice among prompts. One that is nearly a tie may come out
   * otherwise, and then the tokens see others before them; with random weights most are such.
   */
  private static void assertNumbers(NDArray output) {
    assertThat(output.getDataType()).isEqualTo(DataType.FLOAT32);
    for (float value : output.toFloatArray()) {
      assertThat(value).isFinite();
    }
  }

  /** Images a thousand times as bright as a network is used to. */
  @ParameterizedTest
  @MethodSource("classifiers")
  void largeActivationsStayNumbers(Small small) {
    NamedBlock network = small.filled(manager);
    NDArray images = images(small, 3000);
    NDList wanted = run(network, images);
    network.setPrecision(Precision.FLOAT16);
    assertClose(run(network, images), wanted, TOLERANCE);
  }

  /** Residual streams as deep networks have them in some channels. */
  @ParameterizedTest
  @CsvSource({
    "vmamba_tiny_s1l8, patch_embed.7, 5e3",
    "vanilla_vmamba_tiny, patch_embed.2, 5e3",
    "plainmamba_l1, backbone.pos_embed, 5e3",
    "vim_tiny, pos_embed, 5e3",
    "vim_tiny, pos_embed, 1e6" // more than float16 can hold
  })
  void largeResidualStreamsStayNumbers(String name, String stem, float scale) {
    Small small = classifiers().filter(one -> one.name().equals(name)).findFirst().orElseThrow();
    NamedBlock network = small.filled(manager);
    int scaled = 0;
    for (Pair<String, Parameter> named : network.getParameters()) {
      if (named.getKey().startsWith(stem)) {
        named.getValue().getArray().muli(scale);
        scaled++;
      }
    }
    assertThat(scaled).isPositive();
    NDArray images = images(small, 1);
    NDList wanted = run(network, images);
    network.setPrecision(Precision.FLOAT16);
    assertClose(run(network, images), wanted, TOLERANCE);
  }

  /** Weights of products alone are halved. */
  @ParameterizedTest
  @MethodSource("networks")
  void stateSpacesAndNormsStaySingle(Small small) {
    NamedBlock network = small.filled(manager);
    network.setPrecision(Precision.FLOAT16);
    long halves = 0;
    long all = 0;
    for (Pair<String, Parameter> named : network.getParameters()) {
      String name = named.getKey();
      DataType type = named.getValue().getArray().getDataType();
      all += named.getValue().getShape().size();
      halves += type == DataType.FLOAT16 ? named.getValue().getShape().size() : 0;
      if (name.matches(".*(A_log|A_logs|A_b_log|\\.D|D_b|Ds|dt_projs_bias|direction_Bs)")
          || name.matches(".*dt_proj(_b|s)?\\.(weight|bias)|.*norm\\d?\\.(weight|bias)")
          || name.contains("running_")) {
        assertThat(type).as(name).isEqualTo(DataType.FLOAT32);
      }
      assertThat(named.getValue().requiresGradient()).as(name).isFalse();
    }
    assertThat((double) halves / all).isGreaterThan(0.5);
  }

  @Test
  void theWayBackIsToRoundedNumbers() {
    Small small = SmallNetworks.classifiers().findFirst().orElseThrow();
    NamedBlock network = small.filled(manager);
    NDArray images = images(small, 1);
    NDList wanted = run(network, images);
    network.setPrecision(Precision.FLOAT16);
    network.setPrecision(Precision.FLOAT32);
    for (Parameter parameter : network.getParameters().values()) {
      assertThat(parameter.getArray().getDataType()).isEqualTo(DataType.FLOAT32);
    }
    assertClose(run(network, images), wanted, TOLERANCE);
  }

  @Test
  void mapsOfABackboneAreSingle() {
    Small small = SmallNetworks.classifiers().skip(4).findFirst().orElseThrow();
    Classifier network = (Classifier) small.filled(manager);
    network.foldNorms();
    network.setPrecision(Precision.FLOAT16);
    FeaturePyramid pyramid =
        network
            .backbone()
            .features(new ParameterStore(manager, false), images(small, 1), false, Probe.NONE);
    assertThat(pyramid.maps()).allMatch(map -> map.getDataType() == DataType.FLOAT32);
  }

  @Test
  void aNetworkWithoutWeightsIsRefused() {
    Classifier network = Classifier.create("vim_tiny", Map.of());
    assertThatThrownBy(() -> network.setPrecision(Precision.FLOAT16))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("has no values to be rounded to float16; load the weights");
  }

  @Test
  void precisionsAreNamedByTheirTypes() {
    for (Precision precision : Precision.values()) {
      assertThat(Precision.of(precision.toString())).isEqualTo(precision);
      assertThat(Precision.of(" " + precision.name())).isEqualTo(precision);
    }
    assertThatThrownBy(() -> Precision.of("bfloat16"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("DJL 0.35 cannot hold such arrays")
        .hasMessageContaining("take float16");
    for (String wrong : List.of("", "half", "int8")) {
      assertThatThrownBy(() -> Precision.of(wrong))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("a precision must be float32 or float16, but is \"%s\"", wrong);
    }
  }
}
