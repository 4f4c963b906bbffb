package dev.visionmamba.tasks.training;

import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.util.Pair;
import dev.visionmamba.backbones.Backbone;
import dev.visionmamba.backbones.layers.NamedBlock;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * How one parameter learns.
 *
 * @param decays whether weight decay shrinks it
 * @param orthogonal whether Muon makes its steps orthogonal; it has two axes then
 * @param rate the part of the learning rate that it takes, above 0 up to 1
 */
record ParameterRule(boolean decays, boolean orthogonal, float rate) {
  /** A matrix with a side below this, such as that of the step sizes, is AdamW's. */
  private static final int NARROW = 16;

  /**
   * The rules of a network's parameters, by their ids: what is called a weight and has more than
   * one axis decays (not vectors, tokens, position embeddings, state spaces), and its matrices take
   * orthogonal steps but for narrow ones and the head's.
   *
   * @param backbone the network's, if it has one: all else is the head's then
   * @param layerDecay by how much slower a layer of the backbone learns than the one after it; 1
   *     for all alike
   */
  static Map<String, ParameterRule> of(
      NamedBlock network, Optional<Backbone> backbone, float layerDecay) {
    Map<String, Integer> depths = backbone.map(Backbone::depths).orElse(Map.of());
    int headDepth = backbone.map(Backbone::layerCount).orElse(0) + 1;
    Set<Parameter> head = head(network, backbone);
    Map<String, ParameterRule> rules = new HashMap<>();
    for (Pair<String, Parameter> named : network.getParameters()) {
      Shape shape = named.getValue().getShape();
      boolean decays = named.getKey().endsWith(".weight") && shape.dimension() > 1;
      boolean matrix = decays && shape.dimension() == 2;
      boolean narrow = matrix && Math.min(shape.get(0), shape.get(1)) < NARROW;
      boolean orthogonal = matrix && !narrow && !head.contains(named.getValue());
      String id = named.getValue().getId();
      int below = headDepth - depths.getOrDefault(id, headDepth);
      float rate = (float) Math.pow(layerDecay, below);
      rules.put(id, new ParameterRule(decays, orthogonal, rate));
    }
    return rules;
  }

  private static Set<Parameter> head(NamedBlock network, Optional<Backbone> backbone) {
    if (backbone.isEmpty()) {
      return Set.of();
    }
    Set<Parameter> head = new HashSet<>(network.getParameters().values());
    head.removeAll(backbone.get().getParameters().values());
    return head;
  }
}
