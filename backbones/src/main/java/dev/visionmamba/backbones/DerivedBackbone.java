package dev.visionmamba.backbones;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.nn.ParameterList;
import ai.djl.training.ParameterStore;
import ai.djl.util.Pair;
import dev.visionmamba.backbones.layers.NamedBlock;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A backbone that stands on another and shows other features of it. Images, classification, depths
 * and what can be frozen are the other's; what this one adds is never frozen, and lies behind the
 * other's last layer.
 *
 * @param <T> what it stands on
 */
public abstract class DerivedBackbone<T extends Backbone> extends Backbone {
  private static final String NET = "net";

  private final T net;
  private final String prefix;

  /**
   * For subclasses.
   *
   * @param net what it stands on; becomes the first child
   * @param isPart whether the reference has it as a part called {@code net}, which its parameters'
   *     names then begin with; else they keep their own names, as those of a class derived from
   */
  protected DerivedBackbone(T net, boolean isPart) {
    this.prefix = isPart ? NET + "." : "";
    this.net = child(NET, net);
  }

  /**
   * What it stands on.
   *
   * @return the backbone
   */
  protected final T net() {
    return net;
  }

  /**
   * By published names: what the two own themselves first, then their blocks, as PyTorch lists a
   * derived class.
   */
  @Override
  public final ParameterList getParameters() {
    if (!prefix.isEmpty()) {
      return super.getParameters();
    }
    Map<String, Parameter> named = new LinkedHashMap<>();
    net.getDirectParameters().forEach(p -> named.put(p.getKey(), p.getValue()));
    getDirectParameters().forEach(p -> named.put(p.getKey(), p.getValue()));
    net.getParameters().forEach(p -> named.put(p.getKey(), p.getValue()));
    for (Pair<String, Block> child : getChildren()) {
      if (child.getValue() != net) {
        child
            .getValue()
            .getParameters()
            .forEach(p -> named.put(child.getKey() + "." + p.getKey(), p.getValue()));
      }
    }
    ParameterList list = new ParameterList();
    named.forEach(list::add);
    return list;
  }

  @Override
  public void adapt(Map<String, NDArray> tensors) {
    Map<String, NDArray> its = new HashMap<>();
    tensors.forEach(
        (name, tensor) -> {
          if (name.startsWith(prefix)) {
            its.put(name.substring(prefix.length()), tensor);
          }
        });
    net.adapt(its);
    tensors.keySet().removeIf(name -> name.startsWith(prefix));
    its.forEach((name, tensor) -> tensors.put(prefix + name, tensor));
  }

  /** The other backbone's. */
  @Override
  protected final NDList classificationFeaturesInternal(
      ParameterStore store, NDArray images, boolean training, Probe probe) {
    return net.classificationFeatures(store, images, training, probe);
  }

  /** The other backbone's. */
  @Override
  public final ClassificationHead classificationHead(int classes) {
    return net.classificationHead(classes);
  }

  /** The other backbone's; what this one adds is never frozen. */
  @Override
  protected final List<NamedBlock> stages() {
    return net.stages();
  }

  @Override
  protected final List<List<NamedBlock>> layers() {
    return net.layers();
  }

  @Override
  protected final ParameterList ownParameters() {
    return net.ownParameters();
  }

  @Override
  public final int imageChannels() {
    return net.imageChannels();
  }

  @Override
  public final Shape imageSize() {
    return net.imageSize();
  }
}
