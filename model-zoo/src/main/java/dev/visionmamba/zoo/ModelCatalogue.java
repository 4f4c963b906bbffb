package dev.visionmamba.zoo;

import ai.djl.Device;
import ai.djl.MalformedModelException;
import ai.djl.Model;
import ai.djl.repository.zoo.ModelNotFoundException;
import dev.visionmamba.backbones.layers.NamedBlock;
import dev.visionmamba.zoo.catalogue.Catalogue;
import dev.visionmamba.zoo.catalogue.CatalogueEntry;
import dev.visionmamba.zoo.catalogue.Task;
import dev.visionmamba.zoo.checkpoint.CheckpointException;
import dev.visionmamba.zoo.checkpoint.CheckpointFile;
import dev.visionmamba.zoo.checkpoint.LoadOptions;
import dev.visionmamba.zoo.checkpoint.Safetensors;
import dev.visionmamba.zoo.download.DownloadException;
import dev.visionmamba.zoo.download.DownloadListener;
import dev.visionmamba.zoo.download.DownloadOptions;
import dev.visionmamba.zoo.download.Downloader;
import java.io.IOException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The models that exist by name, and how one is loaded by its name or from a file. */
public final class ModelCatalogue {

  /** The bundled model that is used where none is named: Fashion-MNIST in ten classes. */
  public static final String DEFAULT = "vim_micro.fashion_mnist";

  /** A model that comes with this library; of a task's, the first is the default. */
  private record Bundled(String name, Task task) {}

  private static final List<Bundled> BUNDLED =
      List.of(
          new Bundled(DEFAULT, Task.CLASSIFICATION),
          new Bundled("vmamba_micro.fashion_scenes_detection", Task.INSTANCE_SEGMENTATION),
          new Bundled("vmamba_micro.fashion_scenes_segmentation", Task.SEMANTIC_SEGMENTATION),
          new Bundled("vmamba_micro.photographs_noise25", Task.RESTORATION),
          new Bundled("vmamba_micro.photographs_x2", Task.RESTORATION));

  /** What a folder that training has written calls its model. */
  public static final String MODEL_FILE = "model.safetensors";

  private ModelCatalogue() {}

  /**
   * The models that come with this library and need no network.
   *
   * @return their names
   */
  public static List<String> bundled() {
    return BUNDLED.stream().map(Bundled::name).toList();
  }

  /**
   * The models for a task that come with this library.
   *
   * @param task what they must answer; what gives objects' masks also finds objects
   * @return their names, the default one first; empty if there are none
   */
  public static List<String> bundled(Task task) {
    return BUNDLED.stream()
        .filter(
            model ->
                model.task() == task
                    || (task == Task.DETECTION && model.task() == Task.INSTANCE_SEGMENTATION))
        .map(Bundled::name)
        .toList();
  }

  private static Optional<Task> bundledTask(String name) {
    return BUNDLED.stream()
        .filter(model -> model.name().equals(name))
        .map(Bundled::task)
        .findFirst();
  }

  /**
   * Loads a classifier. One that is not bundled and not in the cache is downloaded, as {@link
   * DownloadOptions#ofEnvironment} says.
   *
   * @param nameOrPath a bundled model's name, a safetensors file with a description, a folder that
   *     training has written, or a name of the {@linkplain Catalogue#published catalogue}; a file
   *     or a folder comes before a name of the catalogue
   * @param device where its weights go
   * @return the model, for inference
   * @throws ModelNotFoundException if there is no such name or file; the message names the nearest
   * @throws DownloadException if its file cannot be fetched
   * @throws CheckpointException if it is for another task; the message says what loads it
   * @throws IOException if the file cannot be read or is no model file
   * @throws MalformedModelException if its weights do not fit its network
   */
  public static ClassifierModel load(String nameOrPath, Device device)
      throws ModelNotFoundException, IOException, MalformedModelException {
    return load(nameOrPath, ClassifierModel.KIND, device);
  }

  /**
   * Loads a segmenter, as {@link #load} does a classifier.
   *
   * @param nameOrPath a bundled model's name, a safetensors file with a description, a folder that
   *     training has written, or a name of the {@linkplain Catalogue#published catalogue}
   * @param device where its weights go
   * @return the model, for inference
   * @throws ModelNotFoundException if there is no such name or file; the message names the nearest
   * @throws DownloadException if its file cannot be fetched
   * @throws CheckpointException if it is for another task; the message says what loads it
   * @throws IOException if the file cannot be read or is no model file
   * @throws MalformedModelException if its weights do not fit its network
   */
  public static SegmenterModel loadSegmenter(String nameOrPath, Device device)
      throws ModelNotFoundException, IOException, MalformedModelException {
    return load(nameOrPath, SegmenterModel.KIND, device);
  }

  /**
   * Loads a detector, with or without masks, as {@link #load} does a classifier.
   *
   * @param nameOrPath a bundled model's name, a safetensors file with a description, a folder that
   *     training has written, or a name of the {@linkplain Catalogue#published catalogue}
   * @param device where its weights go
   * @return the model, for inference
   * @throws ModelNotFoundException if there is no such name or file; the message names the nearest
   * @throws DownloadException if its file cannot be fetched
   * @throws CheckpointException if it is for another task; the message says what loads it
   * @throws IOException if the file cannot be read or is no model file
   * @throws MalformedModelException if its weights do not fit its network
   */
  public static DetectorModel loadDetector(String nameOrPath, Device device)
      throws ModelNotFoundException, IOException, MalformedModelException {
    return load(nameOrPath, DetectorModel.KIND, device);
  }

  /**
   * Loads a restorer, as {@link #load} does a classifier.
   *
   * @param nameOrPath a bundled model's name, a safetensors file with a description, a folder that
   *     training has written, or a name of the {@linkplain Catalogue#published catalogue}
   * @param device where its weights go
   * @return the model, for inference
   * @throws ModelNotFoundException if there is no such name or file; the message names the nearest
   * @throws DownloadException if its file cannot be fetched
   * @throws CheckpointException if it is for another task; the message says what loads it
   * @throws IOException if the file cannot be read or is no model file
   * @throws MalformedModelException if its weights do not fit its network
   */
  public static RestorerModel loadRestorer(String nameOrPath, Device device)
      throws ModelNotFoundException, IOException, MalformedModelException {
    return load(nameOrPath, RestorerModel.KIND, device);
  }

  /**
   * Loads a model of any task, as {@link #load} does a classifier.
   *
   * @param nameOrPath as {@link #task} takes it
   * @param device where its weights go
   * @return a {@link ClassifierModel}, a {@link DetectorModel}, a {@link SegmenterModel} or a
   *     {@link RestorerModel}, for inference
   * @throws ModelNotFoundException if there is no such name or file; the message names the nearest
   * @throws DownloadException if its file cannot be fetched
   * @throws IOException if the file cannot be read or is no model file
   * @throws MalformedModelException if its weights do not fit its network
   */
  public static TrainedModel<?> loadAny(String nameOrPath, Device device)
      throws ModelNotFoundException, IOException, MalformedModelException {
    return load(nameOrPath, ModelKind.of(task(nameOrPath)), device);
  }

  /**
   * Loads a model of any task into a DJL model, which gets the network and owns the weights.
   *
   * @param file a safetensors file with a description
   * @param model an empty model of the PyTorch engine; closed if loading fails
   * @return a {@link ClassifierModel}, a {@link DetectorModel}, a {@link SegmenterModel} or a
   *     {@link RestorerModel}, for inference
   * @throws IOException if the file cannot be read or is no model file
   * @throws MalformedModelException if its weights do not fit its network
   */
  public static TrainedModel<?> loadAny(Path file, Model model)
      throws IOException, MalformedModelException {
    Task task;
    try (CheckpointFile opened = CheckpointFile.open(file)) {
      task = task(opened.values(), opened.name());
    } catch (IOException | RuntimeException e) {
      model.close();
      throw e;
    }
    return ModelKind.of(task).load(file, model);
  }

  private static <M extends TrainedModel<?>> M load(
      String nameOrPath, ModelKind<?, M> kind, Device device)
      throws ModelNotFoundException, IOException, MalformedModelException {
    Optional<Task> bundled = bundledTask(nameOrPath);
    if (bundled.isPresent()) {
      kind.requireTask(bundled.get(), nameOrPath);
      URL resource = resource(nameOrPath);
      return kind.load(manager -> Safetensors.read(resource, manager), nameOrPath, device);
    }
    Optional<Path> file = file(nameOrPath);
    if (file.isPresent()) {
      return kind.load(file.get(), device);
    }
    CatalogueEntry entry = published(nameOrPath);
    kind.requireTask(entry.task(), entry.name());
    requireSupported(entry);
    Downloader downloader = new Downloader(DownloadOptions.ofEnvironment());
    Path fetched = downloader.fetch(entry, DownloadListener.NONE);
    return open(entry, fetched, new LoadOptions(entry.nesting(), false), kind, device);
  }

  /**
   * Whether a text names a checkpoint of the catalogue: neither a bundled model nor a file nor a
   * folder.
   *
   * @param nameOrPath as {@link #load} takes it
   * @return the checkpoint that it would download, unless it is in the cache
   */
  public static Optional<CatalogueEntry> downloadable(String nameOrPath) {
    Path path = path(nameOrPath);
    if (bundledTask(nameOrPath).isPresent() || (path != null && Files.exists(path))) {
      return Optional.empty();
    }
    return Catalogue.published().find(nameOrPath);
  }

  /**
   * The checkpoint of a name.
   *
   * @param name a checkpoint's or a network's name
   * @return its entry in the catalogue
   * @throws ModelNotFoundException if there is none; the message names the nearest
   */
  public static CatalogueEntry published(String name) throws ModelNotFoundException {
    Optional<CatalogueEntry> entry = Catalogue.published().find(name);
    if (entry.isEmpty() && (name.contains("/") || name.contains("\\"))) {
      throw new ModelNotFoundException(
          "there is no file or folder \""
              + name
              + "\"; check the path, or name a model: the command \"visionmamba models\" lists them");
    }
    if (entry.isEmpty()) {
      List<String> nearest = Catalogue.published().nearest(name, 3, bundled());
      throw new ModelNotFoundException(
          "no model and no file is called \""
              + name
              + "\"; did you mean "
              + String.join(", ", nearest.subList(0, 2))
              + " or "
              + nearest.get(2)
              + "? Bundled: "
              + String.join(", ", bundled())
              + "; the command \"visionmamba models --checkpoints\" lists the others");
    }
    return entry.get();
  }

  /**
   * Checks that this version can build a checkpoint's network, before it is downloaded for that.
   *
   * @param entry the checkpoint
   * @throws CheckpointException if not; the message says why
   */
  public static void requireSupported(CatalogueEntry entry) throws CheckpointException {
    try {
      network(ModelDescription.of(entry));
    } catch (IllegalArgumentException e) {
      throw new CheckpointException(entry.name(), e.getMessage(), "name another model", e);
    }
  }

  /**
   * Checks that a checkpoint is for a task and that this version can build its network.
   *
   * @param entry the checkpoint
   * @param task what is wanted; detection is wanted of an instance segmenter, too
   * @throws CheckpointException if not; the message says what loads it
   */
  public static void requireSupported(CatalogueEntry entry, Task task) throws CheckpointException {
    ModelKind.of(task).requireTask(entry.task(), entry.name());
    requireSupported(entry);
  }

  /**
   * The network that a description describes.
   *
   * @param description of a model of any task
   * @return a {@link dev.visionmamba.heads.Classifier}, a {@link
   *     dev.visionmamba.heads.detection.Detector}, a {@link
   *     dev.visionmamba.heads.segmentation.Segmenter} or a {@link
   *     dev.visionmamba.heads.restoration.Restorer} with uninitialised parameters
   * @throws IllegalArgumentException if it describes none
   */
  public static NamedBlock network(ModelDescription description) {
    Task task =
        description
            .head()
            .task()
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        description.name() + " has an unknown head, " + description.head().name()));
    return ModelKind.of(task).network().apply(description);
  }

  /**
   * Builds a classifier from a file that is here already.
   *
   * @param entry what is in the file
   * @param file the file, as published or converted
   * @param options which part of the file, and whether the head starts anew
   * @param device where its weights go
   * @return the model; its parameters are frozen, for inference, unless its head starts anew
   * @throws CheckpointException if the task or the file's format is not supported, or the file is
   *     damaged
   * @throws IOException if the file cannot be read
   * @throws MalformedModelException if its weights do not fit its network
   */
  public static ClassifierModel open(
      CatalogueEntry entry, Path file, LoadOptions options, Device device)
      throws IOException, MalformedModelException {
    return open(entry, file, options, ClassifierModel.KIND, device);
  }

  /**
   * Builds a segmenter from a file that is here already.
   *
   * @param entry what is in the file
   * @param file the file, as published or converted
   * @param options which part of the file, and whether what follows the classes starts anew
   * @param device where its weights go
   * @return the model; its parameters are frozen, for inference, unless something starts anew
   * @throws CheckpointException if the task or the file's format is not supported, or the file is
   *     damaged
   * @throws IOException if the file cannot be read
   * @throws MalformedModelException if its weights do not fit its network
   */
  public static SegmenterModel openSegmenter(
      CatalogueEntry entry, Path file, LoadOptions options, Device device)
      throws IOException, MalformedModelException {
    return open(entry, file, options, SegmenterModel.KIND, device);
  }

  /**
   * Builds a detector from a file that is here already.
   *
   * @param entry what is in the file
   * @param file the file, as published or converted
   * @param options which part of the file, and whether what follows the classes starts anew
   * @param device where its weights go
   * @return the model; its parameters are frozen, for inference, unless something starts anew
   * @throws CheckpointException if the task or the file's format is not supported, or the file is
   *     damaged
   * @throws IOException if the file cannot be read
   * @throws MalformedModelException if its weights do not fit its network
   */
  public static DetectorModel openDetector(
      CatalogueEntry entry, Path file, LoadOptions options, Device device)
      throws IOException, MalformedModelException {
    return open(entry, file, options, DetectorModel.KIND, device);
  }

  /**
   * Builds a restorer from a file that is here already.
   *
   * @param entry what is in the file
   * @param file the file, as published or converted
   * @param options which part of the file
   * @param device where its weights go
   * @return the model, for inference: its parameters are frozen
   * @throws CheckpointException if the task or the file's format is not supported, or the file is
   *     damaged
   * @throws IOException if the file cannot be read
   * @throws MalformedModelException if its weights do not fit its network
   */
  public static RestorerModel openRestorer(
      CatalogueEntry entry, Path file, LoadOptions options, Device device)
      throws IOException, MalformedModelException {
    return open(entry, file, options, RestorerModel.KIND, device);
  }

  private static <M extends TrainedModel<?>> M open(
      CatalogueEntry entry, Path file, LoadOptions options, ModelKind<?, M> kind, Device device)
      throws IOException, MalformedModelException {
    kind.requireTask(entry.task(), entry.name());
    requireSupported(entry);
    return kind.load(file, ModelDescription.of(entry), options, device);
  }

  /**
   * What a model answers; nothing is downloaded, and of a file only its beginning is read.
   *
   * @param nameOrPath a bundled model's name, a safetensors file with a description, a folder that
   *     training has written, or a name of the {@linkplain Catalogue#published catalogue}
   * @return its task
   * @throws ModelNotFoundException if there is no such name or file; the message names the nearest
   * @throws IOException if the file cannot be read, is no model file, or has an unknown head
   */
  public static Task task(String nameOrPath) throws ModelNotFoundException, IOException {
    Optional<Task> bundled = bundledTask(nameOrPath);
    if (bundled.isPresent()) {
      return bundled.get();
    }
    Optional<Path> file = file(nameOrPath);
    if (file.isPresent()) {
      try (CheckpointFile opened = CheckpointFile.open(file.get())) {
        return task(opened.values(), opened.name());
      }
    }
    return published(nameOrPath).task();
  }

  /** The model file that a text means; empty if it means none. */
  private static Optional<Path> file(String nameOrPath) throws ModelNotFoundException {
    Path path = path(nameOrPath);
    if (path != null && Files.isDirectory(path)) {
      path = path.resolve(MODEL_FILE);
      if (!Files.exists(path)) {
        throw new ModelNotFoundException("the folder " + nameOrPath + " has no " + MODEL_FILE);
      }
    }
    return path != null && Files.exists(path) ? Optional.of(path) : Optional.empty();
  }

  private static Task task(Map<String, String> metadata, String name) throws CheckpointException {
    HeadDescription head = TrainedModel.description(metadata, name).head();
    return head.task()
        .orElseThrow(
            () ->
                new CheckpointException(
                    name,
                    "its head is called " + head.name() + ", which this library does not have",
                    "use a file that the train command has written"));
  }

  private static Path path(String text) {
    try {
      return Path.of(text);
    } catch (InvalidPathException e) {
      return null; // then it can only be a name
    }
  }

  private static URL resource(String name) throws IOException {
    URL resource = ModelCatalogue.class.getResource("models/" + name + ".safetensors");
    if (resource == null) {
      throw new IOException("the bundled model " + name + " is missing from the class path");
    }
    return resource;
  }
}
