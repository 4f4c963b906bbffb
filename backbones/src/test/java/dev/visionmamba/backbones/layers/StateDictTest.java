package dev.visionmamba.backbones.layers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import ai.djl.MalformedModelException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class StateDictTest {
  private final NDManager manager = NDManager.newBaseManager();
  private final Network network = new Network();

  /** (..., 2) to (..., 3). */
  private static final class Network extends NamedBlock {
    final Linear linear =
        child("fc", new Linear(2, 3, Initializers.constant(1f), Initializers.constant(0f)));
    final LayerNorm norm = child("norm", new LayerNorm(3, 1e-5f));
    final Parameter scale = parameter("scale", Initializers.constant(1f), 3);

    @Override
    public NDArray forward(ParameterStore store, NDArray x, boolean training) {
      NDArray y = norm.forward(store, linear.forward(store, x, training), training);
      return y.mul(value(store, scale, y, training));
    }

    @Override
    public Shape[] getOutputShapes(Shape[] inputShapes) {
      return new Shape[] {new Shape(inputShapes[0].get(0), 3)};
    }
  }

  @AfterEach
  void close() {
    manager.close();
  }

  /** Tensors that fit. */
  private Map<String, NDArray> tensors(float value) {
    Map<String, NDArray> tensors = new LinkedHashMap<>();
    tensors.put("scale", manager.full(new Shape(3), value));
    tensors.put("fc.weight", manager.full(new Shape(3, 2), value));
    tensors.put("fc.bias", manager.full(new Shape(3), value));
    tensors.put("norm.weight", manager.full(new Shape(3), value));
    tensors.put("norm.bias", manager.full(new Shape(3), value));
    return tensors;
  }

  private void assertAll(float value) {
    assertThat(StateDict.of(network)).hasSize(5);
    StateDict.of(network)
        .forEach(
            (name, tensor) ->
                assertThat(tensor).as(name).isEqualTo(manager.full(tensor.getShape(), value)));
  }

  @Test
  void namesAreJoinedByDotsParametersFirst() {
    assertThat(network.getParameters().keys())
        .containsExactly("scale", "fc.weight", "fc.bias", "norm.weight", "norm.bias");
  }

  @Test
  void tensorsBecomeTheParametersWithoutACopy() throws Exception {
    Map<String, NDArray> tensors = tensors(2f);
    StateDict.load(network, tensors, manager);
    assertThat(network.isInitialized()).isTrue();
    assertThat(StateDict.of(network).keySet()).containsExactlyElementsOf(tensors.keySet());
    tensors.forEach((name, tensor) -> assertThat(StateDict.of(network).get(name)).isSameAs(tensor));
    assertAll(2f);
  }

  @Test
  void otherFloatingTypesAreConverted() throws Exception {
    Map<String, NDArray> tensors = tensors(0.1f);
    tensors.replace("fc.weight", tensors.get("fc.weight").toType(DataType.FLOAT16, false));
    tensors.replace("scale", tensors.get("scale").toType(DataType.FLOAT64, false));
    StateDict.load(network, tensors, manager);
    Map<String, NDArray> loaded = StateDict.of(network);
    assertThat(loaded.values()).allMatch(array -> array.getDataType() == DataType.FLOAT32);
    assertThat(loaded.get("scale").toFloatArray()).containsOnly(0.1f);
    assertThat(loaded.get("fc.weight").toFloatArray()).containsOnly(0.099975586f);
  }

  @Test
  void loadingTwiceReplaces() throws Exception {
    StateDict.load(network, tensors(2f), manager);
    StateDict.load(network, tensors(5f), manager);
    assertAll(5f);
    assertThat(network.isInitialized()).isTrue();
  }

  @Test
  void aNetworkMayBeLoadedWithItsOwnTensors() throws Exception {
    Map<String, NDArray> tensors = tensors(2f);
    StateDict.load(network, tensors, manager);
    StateDict.load(network, tensors, manager);
    assertAll(2f);
    StateDict.load(network, StateDict.of(network), manager);
    assertAll(2f);
  }

  @Test
  void allProblemsAreListedAtOnce() throws Exception {
    StateDict.load(network, tensors(2f), manager);
    Map<String, NDArray> tensors = tensors(5f);
    tensors.remove("fc.bias");
    tensors.remove("norm.bias");
    tensors.put("head.weight", manager.ones(new Shape(1)));
    tensors.replace("fc.weight", manager.ones(new Shape(2, 3)));
    tensors.replace("scale", manager.ones(new Shape(3), DataType.INT64));
    assertThatExceptionOfType(MalformedModelException.class)
        .isThrownBy(() -> StateDict.load(network, tensors, manager))
        .withMessage(
            "the weights do not fit the network: 2 missing (fc.bias, norm.bias);"
                + " 1 unexpected (head.weight);"
                + " 2 misshapen (scale is int64 but must be float32,"
                + " fc.weight is (2, 3) but must be (3, 2))");
    assertAll(2f);
  }

  @Test
  void aLongListIsCutShort() {
    Map<String, NDArray> tensors = tensors(1f);
    for (int i = 0; i < 8; i++) {
      tensors.put("extra" + i, manager.ones(new Shape(1)));
    }
    assertThatExceptionOfType(MalformedModelException.class)
        .isThrownBy(() -> StateDict.load(network, tensors, manager))
        .withMessageContaining("8 unexpected (extra0, extra1, extra2, extra3, extra4, and 3 more)");
    assertThat(network.isInitialized()).isFalse();
  }

  /** PyTorch's batch norms count their steps, as an integer that no parameter takes. */
  @Test
  void countersOfBatchNormsAreLeftOut() throws Exception {
    NamedBlocks<BatchNorm> norms = new NamedBlocks<>();
    norms.add(new BatchNorm(2, 1e-5f));
    Map<String, NDArray> tensors = new LinkedHashMap<>();
    for (String name : norms.getParameters().keys()) {
      tensors.put(name, manager.full(new Shape(2), 3f));
    }
    tensors.put("0.num_batches_tracked", manager.create(7L));
    StateDict.load(norms, tensors, manager);
    assertThat(StateDict.of(norms).keySet())
        .containsExactly("0.weight", "0.bias", "0.running_mean", "0.running_var");
    assertThat(tensors).containsKey("0.num_batches_tracked");

    tensors.put("1.num_batches_tracked", manager.create(7L));
    assertThatExceptionOfType(MalformedModelException.class)
        .isThrownBy(() -> StateDict.load(norms, tensors, manager))
        .withMessageContaining("1 unexpected (1.num_batches_tracked)");

    BatchNorm single = new BatchNorm(2, 1e-5f);
    Map<String, NDArray> own = new LinkedHashMap<>();
    StateDict.of(norms).forEach((name, tensor) -> own.put(name.substring(2), tensor.duplicate()));
    own.put("num_batches_tracked", manager.create(7L));
    StateDict.load(single, own, manager);
    assertThat(StateDict.of(single)).hasSize(4);
  }

  @Test
  void djlsOwnParameterFilesCarryTheWeights() throws Exception {
    StateDict.load(network, tensors(3f), manager);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    network.saveParameters(new DataOutputStream(out));
    Network copy = new Network();
    copy.loadParameters(manager, new DataInputStream(new ByteArrayInputStream(out.toByteArray())));
    StateDict.of(network)
        .forEach((name, tensor) -> assertThat(StateDict.of(copy).get(name)).isEqualTo(tensor));
  }
}
