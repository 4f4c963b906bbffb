package dev.visionmamba.zoo.checkpoint;

import static dev.visionmamba.zoo.checkpoint.CheckpointException.quote;

import ai.djl.MalformedModelException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.nn.ParameterList;
import ai.djl.util.Pair;
import dev.visionmamba.backbones.Backbone;
import dev.visionmamba.backbones.ClassificationHead;
import dev.visionmamba.backbones.layers.NamedBlock;
import dev.visionmamba.backbones.layers.StateDict;
import dev.visionmamba.heads.Classifier;
import dev.visionmamba.heads.detection.Detector;
import dev.visionmamba.heads.restoration.Restorer;
import dev.visionmamba.heads.segmentation.Segmenter;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * Loads published checkpoints into networks: finds the state dict, takes prefixes off, renames and
 * reshapes as the family's reference does, reads the tensors and gives them to the network.
 */
public final class WeightLoader {
  private static final String AUXILIARY = "auxiliary_head.";

  private final CheckpointFile file;
  private final NamedBlock network;
  private final PublishedNames published;
  private final Map<String, Shape> shapes = new LinkedHashMap<>();
  private final String key;
  private final List<String> leftOut = new ArrayList<>();
  private final Map<String, String> renamed = new LinkedHashMap<>();

  /** What the network's names of the backbone's parameters begin with. */
  private final String prefix;

  /** The backbone's parameters, by its own names. */
  private final Map<String, Shape> backboneShapes = new LinkedHashMap<>();

  private WeightLoader(
      CheckpointFile file,
      NamedBlock network,
      Backbone backbone,
      String prefix,
      LoadOptions options) {
    this(file, network, PublishedNames.of(backbone), prefix, options);
  }

  private WeightLoader(
      CheckpointFile file,
      NamedBlock network,
      PublishedNames published,
      String prefix,
      LoadOptions options) {
    this.file = file;
    this.network = network;
    this.prefix = prefix;
    this.published = published;
    List<String> keys = prefix.isEmpty() ? published.keys() : published.denseKeys();
    this.key = options.key() == null ? file.findKey(keys) : options.key();
    for (Pair<String, Parameter> parameter : network.getParameters()) {
      String name = parameter.getKey();
      Shape shape = parameter.getValue().getShape();
      shapes.put(name, shape);
      if (name.startsWith(prefix)) {
        backboneShapes.put(name.substring(prefix.length()), shape);
      }
    }
  }

  /**
   * Loads a classifier. Strict, unless the options ask for a new head: every parameter must be
   * there, in its shape, and nothing else but the step counters of batch norms.
   *
   * @param file the checkpoint, opened; stays open
   * @param network the classifier; its parameters are replaced
   * @param options which part of the file, and whether the head starts anew
   * @param manager where the parameters live
   * @return what was done
   * @throws CheckpointException if the file has no such state dict, or cannot be read
   * @throws MalformedModelException if the tensors do not fit; the message lists them
   */
  public static LoadReport load(
      CheckpointFile file, Classifier network, LoadOptions options, NDManager manager)
      throws CheckpointException, MalformedModelException {
    WeightLoader loader = new WeightLoader(file, network, network.backbone(), "", options);
    Set<String> head = namesOf(network.head(), network.backbone());
    Set<String> byClasses = namesByClasses(network.backbone(), network.classes());
    List<StoredTensor> tensors = loader.fitted(loader.unwrapped(file.stateDict(loader.key)));
    if (options.newHead()) {
      tensors = loader.without(tensors, byClasses::contains);
      return loader.fill(tensors, head::contains, manager);
    }
    try {
      return loader.fill(tensors, name -> false, manager);
    } catch (MalformedModelException e) {
      throw loader.blamesHead(tensors, head, byClasses)
          ? new MalformedModelException(
              e.getMessage() + "; only the head does not fit: it can be left out and start anew", e)
          : e;
    }
  }

  /**
   * Loads a backbone from the file of a backbone, a classifier, a detector or a segmenter. What
   * belongs to heads is left out. Norms of the feature pyramid start anew if the file has none of
   * them, as in the references; apart from that it is strict.
   *
   * @param file the checkpoint, opened; stays open
   * @param network the backbone; its parameters are replaced
   * @param options which part of the file
   * @param manager where the parameters live
   * @return what was done
   * @throws CheckpointException if the file has no such state dict, or cannot be read
   * @throws MalformedModelException if the tensors do not fit; the message lists them
   */
  public static LoadReport load(
      CheckpointFile file, Backbone network, LoadOptions options, NDManager manager)
      throws CheckpointException, MalformedModelException {
    WeightLoader loader = new WeightLoader(file, network, network, "", options);
    List<StoredTensor> stored = loader.ofBackbone(loader.unwrapped(file.stateDict(loader.key)));
    Set<String> head = namesOf(network.classificationHead(1), network);
    List<StoredTensor> tensors = loader.without(loader.fitted(stored), head::contains);
    Predicate<String> pyramidOnly = loader.published.pyramidOnly().asMatchPredicate();
    boolean without = tensors.stream().map(StoredTensor::name).noneMatch(pyramidOnly);
    return loader.fill(tensors, without ? pyramidOnly : name -> false, manager);
  }

  /**
   * Loads a detector, under the names of mmdetection's files. Strict, but for what mmengine leaves
   * in a file beside the network: running means of parameters ({@code ema_}), the classifier that
   * the backbone was trained with, and the steps of batch norms are left out.
   *
   * @param file the checkpoint, opened; stays open
   * @param network the detector; its parameters are replaced
   * @param options which part of the file, and whether what follows the number of classes starts
   *     anew
   * @param manager where the parameters live
   * @return what was done
   * @throws CheckpointException if the file has no such state dict, or cannot be read
   * @throws MalformedModelException if the tensors do not fit; the message lists them
   */
  public static LoadReport load(
      CheckpointFile file, Detector network, LoadOptions options, NDManager manager)
      throws CheckpointException, MalformedModelException {
    return dense(file, network, network.backbone(), options, manager);
  }

  /**
   * Loads a segmenter, under the names of mmsegmentation's files. As strict as for a detector; an
   * auxiliary head, which predictions do not need, may be in the file alone, where it is left out,
   * or in the network alone, where it starts anew.
   *
   * @param file the checkpoint, opened; stays open
   * @param network the segmenter; its parameters are replaced
   * @param options which part of the file, and whether what follows the number of classes starts
   *     anew
   * @param manager where the parameters live
   * @return what was done
   * @throws CheckpointException if the file has no such state dict, or cannot be read
   * @throws MalformedModelException if the tensors do not fit; the message lists them
   */
  public static LoadReport load(
      CheckpointFile file, Segmenter network, LoadOptions options, NDManager manager)
      throws CheckpointException, MalformedModelException {
    return dense(file, network, network.backbone(), options, manager);
  }

  /**
   * Loads a restorer, under the names of BasicSR's files. Strict, but for buffers that the networks
   * compute themselves.
   *
   * @param file the checkpoint, opened; stays open
   * @param network the restorer; its parameters are replaced
   * @param options which part of the file; a restorer has no head that could start anew
   * @param manager where the parameters live
   * @return what was done
   * @throws CheckpointException if the file has no such state dict, or cannot be read
   * @throws MalformedModelException if the tensors do not fit; the message lists them
   * @throws IllegalArgumentException if the options ask for a new head
   */
  public static LoadReport load(
      CheckpointFile file, Restorer network, LoadOptions options, NDManager manager)
      throws CheckpointException, MalformedModelException {
    if (options.newHead()) {
      throw new IllegalArgumentException("a restorer has no head that could start anew");
    }
    WeightLoader loader = new WeightLoader(file, network, PublishedNames.RESTORERS, "", options);
    return loader.fill(
        loader.fitted(loader.unwrapped(file.stateDict(loader.key))), name -> false, manager);
  }

  private static LoadReport dense(
      CheckpointFile file,
      NamedBlock network,
      Backbone backbone,
      LoadOptions options,
      NDManager manager)
      throws CheckpointException, MalformedModelException {
    WeightLoader loader =
        new WeightLoader(file, network, backbone, PublishedNames.BACKBONE, options);
    List<StoredTensor> stored = loader.fitted(loader.unwrapped(file.stateDict(loader.key)));
    Set<String> leftovers = loader.leftovers(backbone);
    boolean auxiliary =
        loader.shapes.keySet().stream().anyMatch(name -> name.startsWith(AUXILIARY));
    List<StoredTensor> tensors =
        loader.without(
            stored,
            name ->
                !loader.shapes.containsKey(name)
                    && (leftovers.contains(name) || (!auxiliary && name.startsWith(AUXILIARY))));
    Predicate<String> startsAnew = name -> false;
    if (tensors.stream().noneMatch(tensor -> tensor.name().startsWith(AUXILIARY))) {
      startsAnew = name -> name.startsWith(AUXILIARY);
    }
    if (options.newHead()) {
      Set<String> unlike = loader.unlike(tensors);
      tensors = loader.without(tensors, unlike::contains);
      startsAnew = startsAnew.or(unlike::contains);
    }
    return loader.fill(tensors, startsAnew, manager);
  }

  /** The names of what training leaves in a file beside the network. */
  private Set<String> leftovers(Backbone backbone) {
    Set<String> names = new HashSet<>();
    backbone
        .classificationHead(1)
        .stateDict(backbone)
        .keys()
        .forEach(name -> names.add(prefix + name));
    shapes.keySet().forEach(name -> names.add("ema_" + name.replace('.', '_')));
    return names;
  }

  /** The parameters of heads that the file has in another shape: they follow the classes. */
  private Set<String> unlike(List<StoredTensor> tensors) {
    return tensors.stream()
        .filter(
            tensor ->
                !tensor.name().startsWith(prefix)
                    && shapes.containsKey(tensor.name())
                    && !shapes.get(tensor.name()).equals(tensor.shape()))
        .map(StoredTensor::name)
        .collect(Collectors.toSet());
  }

  /** The names of a head's parameters in the classifier's state dict. */
  private static Set<String> namesOf(ClassificationHead head, Backbone backbone) {
    Set<Parameter> own = new HashSet<>(head.getParameters().values());
    return head.stateDict(backbone).stream()
        .filter(parameter -> own.contains(parameter.getValue()))
        .map(Pair::getKey)
        .collect(Collectors.toSet());
  }

  /** The names of those parameters of the head whose shapes follow the number of classes. */
  private static Set<String> namesByClasses(Backbone backbone, int classes) {
    ParameterList some = backbone.classificationHead(classes).stateDict(backbone);
    ParameterList more = backbone.classificationHead(classes + 1).stateDict(backbone);
    return some.stream()
        .filter(
            parameter ->
                !more.get(parameter.getKey()).getShape().equals(parameter.getValue().getShape()))
        .map(Pair::getKey)
        .collect(Collectors.toSet());
  }

  /** Takes off prefixes that all names have and no name of the network. */
  private List<StoredTensor> unwrapped(List<StoredTensor> tensors) {
    List<StoredTensor> unwrapped = tensors;
    boolean changed = true;
    while (changed && !unwrapped.isEmpty()) {
      changed = false;
      for (String prefix : PublishedNames.WRAPPERS) {
        if (unwrapped.stream().allMatch(tensor -> tensor.name().startsWith(prefix))
            && shapes.keySet().stream().noneMatch(name -> name.startsWith(prefix))) {
          unwrapped = unwrapped.stream().map(tensor -> withoutPrefix(tensor, prefix)).toList();
          changed = true;
        }
      }
    }
    return unwrapped;
  }

  private static StoredTensor withoutPrefix(StoredTensor tensor, String prefix) {
    return tensor.named(tensor.name().substring(prefix.length()));
  }

  /** Of a larger model's tensors, those of its backbone. */
  private List<StoredTensor> ofBackbone(List<StoredTensor> tensors) {
    String prefix = PublishedNames.BACKBONE;
    if (tensors.stream().noneMatch(tensor -> tensor.name().startsWith(prefix))) {
      return tensors;
    }
    return without(tensors, name -> !name.startsWith(prefix)).stream()
        .map(tensor -> withoutPrefix(tensor, prefix))
        .toList();
  }

  private List<StoredTensor> without(List<StoredTensor> tensors, Predicate<String> name) {
    List<StoredTensor> rest = new ArrayList<>();
    for (StoredTensor tensor : tensors) {
      if (name.test(tensor.name())) {
        leftOut.add(tensor.name());
      } else {
        rest.add(tensor);
      }
    }
    return rest;
  }

  /** A stored name as the network has it; only the backbone's names may differ. */
  private String rename(String stored) {
    return stored.startsWith(prefix)
        ? prefix + published.rename(stored.substring(prefix.length()), backboneShapes)
        : stored;
  }

  /** Gives tensors the network's names, and its shapes where the reference does so. */
  private List<StoredTensor> fitted(List<StoredTensor> tensors) throws CheckpointException {
    Map<String, StoredTensor> fitted = new LinkedHashMap<>();
    for (StoredTensor tensor : tensors) {
      String name = rename(tensor.name());
      Shape wanted = shapes.get(name);
      StoredTensor fits = tensor.named(name);
      if (wanted != null
          && !wanted.equals(tensor.shape())
          && name.startsWith(prefix)
          && published.mayReshape(name.substring(prefix.length()), tensor.shape(), wanted)) {
        fits = fits.shaped(wanted);
      }
      if (!name.equals(tensor.name())) {
        renamed.put(tensor.name(), name);
      }
      if (fitted.put(name, fits) != null) {
        throw new CheckpointException(
            file.name(),
            "has two tensors for the network's " + quote(name),
            "choose the part of the file that is the state dict");
      }
    }
    return new ArrayList<>(fitted.values());
  }

  /** Reads the tensors and gives them to the network; some parameters may be missing. */
  private LoadReport fill(
      List<StoredTensor> tensors, Predicate<String> mayStartAnew, NDManager manager)
      throws CheckpointException, MalformedModelException {
    try (NDManager staging = manager.newSubManager()) {
      Map<String, NDArray> arrays = new LinkedHashMap<>(file.read(tensors, staging));
      List<String> initialized = new ArrayList<>();
      for (Pair<String, Parameter> named : network.getParameters()) {
        if (!arrays.containsKey(named.getKey()) && mayStartAnew.test(named.getKey())) {
          named.getValue().initialize(manager, DataType.FLOAT32);
          arrays.put(named.getKey(), named.getValue().getArray());
          initialized.add(named.getKey());
        }
      }
      StateDict.load(network, arrays, manager);
      return new LoadReport(key, shapes.size() - initialized.size(), renamed, leftOut, initialized);
    } catch (MalformedModelException e) {
      throw new MalformedModelException(file.name() + ": " + e.getMessage(), e);
    }
  }

  /** Whether everything fits but the head. */
  private boolean blamesHead(List<StoredTensor> tensors, Set<String> head, Set<String> byClasses) {
    Map<String, Shape> stored = new LinkedHashMap<>();
    tensors.forEach(tensor -> stored.put(tensor.name(), tensor.shape()));
    return shapes.entrySet().stream()
        .allMatch(
            wanted -> {
              Shape shape = stored.get(wanted.getKey());
              return shape == null
                  ? head.contains(wanted.getKey())
                  : shape.equals(wanted.getValue()) || byClasses.contains(wanted.getKey());
            });
  }
}
