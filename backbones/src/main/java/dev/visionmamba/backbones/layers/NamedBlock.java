package dev.visionmamba.backbones.layers;

import ai.djl.MalformedModelException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.AbstractBaseBlock;
import ai.djl.nn.Block;
import ai.djl.nn.BlockList;
import ai.djl.nn.Parameter;
import ai.djl.nn.ParameterList;
import ai.djl.training.ParameterStore;
import ai.djl.training.initializer.Initializer;
import ai.djl.util.Pair;
import ai.djl.util.PairList;
import dev.visionmamba.backbones.Precision;
import dev.visionmamba.scans.autograd.GradientMode;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A block whose parameters carry the names of the published state dict: the names of the blocks on
 * the way and of the parameter, joined by dots, in the order in which they were added. DJL's own
 * base block numbers its children and joins by underscores.
 */
public abstract class NamedBlock extends AbstractBaseBlock {
  private final BlockList children = new BlockList();
  private final Map<String, Parameter> parameters = new LinkedHashMap<>();
  private final List<Parameter> statistics = new ArrayList<>();
  private final List<Parameter> ofProducts = new ArrayList<>();
  private boolean initialized;

  /** A block without children or parameters yet. */
  protected NamedBlock() {}

  /**
   * Adds a child.
   *
   * @param name its name in the state dict
   * @param block the child
   * @param <T> its type
   * @return the child
   */
  protected final <T extends Block> T child(String name, T block) {
    children.add(name, block);
    return block;
  }

  /**
   * Adds a parameter.
   *
   * @param name its name in the state dict
   * @param initializer the published initialisation
   * @param shape its shape
   * @return the parameter, its shape set
   */
  protected final Parameter parameter(String name, Initializer initializer, long... shape) {
    return add(
        Parameter.builder().setName(name).setType(Parameter.Type.OTHER).build(),
        initializer,
        shape);
  }

  /**
   * Adds a parameter that no gradient changes, such as a running mean.
   *
   * @param name its name in the state dict
   * @param initializer what it starts from
   * @param shape its shape
   * @return the parameter, its shape set
   */
  protected final Parameter statistic(String name, Initializer initializer, long... shape) {
    Parameter parameter =
        Parameter.builder()
            .setName(name)
            .setType(Parameter.Type.OTHER)
            .optRequiresGrad(false)
            .build();
    statistics.add(parameter);
    return add(parameter, initializer, shape);
  }

  /**
   * Adds a parameter of a matrix product or a convolution, which half precision rounds to float16.
   * Every other parameter stays float32.
   *
   * @param name its name in the state dict
   * @param initializer the published initialisation
   * @param shape its shape
   * @return the parameter, its shape set
   */
  protected final Parameter ofProduct(String name, Initializer initializer, long... shape) {
    Parameter parameter = parameter(name, initializer, shape);
    ofProducts.add(parameter);
    return parameter;
  }

  /** Leaves this block's own parameters float32 in half precision, too. */
  final void staySingle() {
    ofProducts.clear();
  }

  /**
   * Rounds the parameters of products, and freezes them: for prediction alone. Batch norms are best
   * {@linkplain #foldNorms folded} before. From float16 to float32 they come back rounded.
   *
   * @param precision of the products
   * @throws IllegalStateException if a parameter is not initialised
   */
  public final void setPrecision(Precision precision) {
    for (Parameter parameter : ofProducts) {
      if (!parameter.isInitialized()) {
        throw new IllegalStateException(
            "the parameter "
                + parameter.getName()
                + " has no values to be rounded to "
                + precision
                + "; load the weights or initialise the network before");
      }
      NDArray values = parameter.getArray();
      if (values.getDataType() != precision.type()) {
        NDManager manager = values.getManager();
        NDArray rounded = rounded(values, precision.type());
        parameter.close();
        // A parameter takes its array only from an initializer.
        parameter.setInitializer((owner, shape, type) -> rounded);
        parameter.freeze(true);
        parameter.initialize(manager, precision.type());
      }
    }
    for (Pair<String, Block> child : children) {
      if (child.getValue() instanceof NamedBlock block) {
        block.setPrecision(precision);
      }
    }
  }

  private static NDArray rounded(NDArray values, DataType type) {
    try (GradientMode off = GradientMode.off()) {
      return Casts.to(values, type);
    }
  }

  private Parameter add(Parameter parameter, Initializer initializer, long... shape) {
    parameter.setInitializer(initializer);
    parameter.setShape(new Shape(shape));
    parameters.put(parameter.getName(), parameter);
    return parameter;
  }

  /**
   * A parameter's value where the input is.
   *
   * @param store the parameter store
   * @param parameter the parameter
   * @param input any array on the device
   * @param training whether gradients are wanted
   * @return the value, owned by the model: never call an operation on it, its result would be kept
   */
  protected static NDArray value(
      ParameterStore store, Parameter parameter, NDArray input, boolean training) {
    return store.getValue(parameter, input.getDevice(), training);
  }

  /**
   * Brings published tensors into the shapes of this network where the reference does so itself on
   * loading, such as position embeddings of another grid.
   *
   * @param tensors by name, changed in place; new arrays belong to the manager of those they
   *     replace
   */
  public void adapt(Map<String, NDArray> tensors) {}

  /**
   * Folds batch norms into the convolutions before them, for faster inference; the parameters must
   * be initialised. The results stay the same within rounding. Training goes on from there, too,
   * but the convolutions' weights are no longer the published ones.
   */
  public void foldNorms() {
    for (Pair<String, Block> child : children) {
      if (child.getValue() instanceof NamedBlock block) {
        block.foldNorms();
      }
    }
  }

  @Override
  public BlockList getChildren() {
    return children;
  }

  @Override
  public ParameterList getDirectParameters() {
    ParameterList list = new ParameterList();
    parameters.forEach(list::add);
    return list;
  }

  @Override
  public ParameterList getParameters() {
    ParameterList list = getDirectParameters();
    for (Pair<String, Block> child : children) {
      for (Pair<String, Parameter> parameter : child.getValue().getParameters()) {
        list.add(child.getKey() + "." + parameter.getKey(), parameter.getValue());
      }
    }
    return list;
  }

  /**
   * How many numbers the block has learned, as the papers count.
   *
   * @return the elements of all parameters, statistics left out
   */
  public final long parameterCount() {
    long count = 0;
    for (Parameter parameter : parameters.values()) {
      count += statistics.contains(parameter) ? 0 : parameter.getShape().size();
    }
    for (Pair<String, Block> child : children) {
      if (child.getValue() instanceof NamedBlock block) {
        count += block.parameterCount();
      }
    }
    return count;
  }

  /** Statistics stay as they are: they have no gradient, frozen or not. */
  @Override
  public void freezeParameters(boolean freeze) {
    parameters.values().forEach(parameter -> parameter.freeze(freeze));
    statistics.forEach(parameter -> parameter.freeze(true));
    children.values().forEach(child -> child.freezeParameters(freeze));
  }

  @Override
  protected void initializeChildBlocks(NDManager manager, DataType dataType, Shape... inputShapes) {
    for (Pair<String, Block> child : children) {
      child.getValue().initialize(manager, dataType, inputShapes);
    }
  }

  /**
   * Whether every parameter has its array, given by an initializer or loaded. Remembered once true:
   * DJL asks before every forward pass.
   */
  @Override
  public boolean isInitialized() {
    if (!initialized) {
      initialized = getParameters().values().stream().allMatch(Parameter::isInitialized);
    }
    return initialized;
  }

  /** Nothing while no input has been seen: weights can be loaded, and saved, before. */
  @Override
  public PairList<String, Shape> describeInput() {
    return inputShapes == null ? new PairList<>() : super.describeInput();
  }

  @Override
  public void clear() {
    initialized = false;
    super.clear();
  }

  @Override
  public void saveParameters(DataOutputStream out) throws IOException {
    for (Parameter parameter : getParameters().values()) {
      parameter.save(out);
    }
  }

  @Override
  public void loadParameters(NDManager manager, DataInputStream in)
      throws IOException, MalformedModelException {
    for (Parameter parameter : getParameters().values()) {
      parameter.load(manager, in);
    }
  }

  /** For blocks that are used through a method of their own. */
  @Override
  protected NDList forwardInternal(
      ParameterStore store, NDList inputs, boolean training, PairList<String, Object> params) {
    return new NDList(forward(store, inputs.singletonOrThrow(), training));
  }

  /**
   * The block's function of one array.
   *
   * @param store the parameter store
   * @param x the input
   * @param training whether this is a training step
   * @return the output, in the input's manager
   */
  public abstract NDArray forward(ParameterStore store, NDArray x, boolean training);
}
