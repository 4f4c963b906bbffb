package dev.visionmamba.zoo;

import ai.djl.Device;
import ai.djl.MalformedModelException;
import ai.djl.ndarray.NDManager;
import ai.djl.repository.zoo.ModelNotFoundException;
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

  private static final List<String> BUNDLED = List.of(DEFAULT);

  /** What a folder that training has written calls its model. */
  public static final String MODEL_FILE = "model.safetensors";

  private ModelCatalogue() {}

  /**
   * The models that come with this library and need no network.
   *
   * @return their names
   */
  public static List<String> bundled() {
    return BUNDLED;
  }

  /**
   * Loads a model. One that is not bundled and not in the cache is downloaded, as {@link
   * DownloadOptions#ofEnvironment} says.
   *
   * @param nameOrPath a bundled model's name, a safetensors file with a description, a folder that
   *     training has written, or a name of the {@linkplain Catalogue#published catalogue}; a file
   *     or a folder comes before a name of the catalogue
   * @param device where its weights go
   * @return the model, for inference
   * @throws ModelNotFoundException if there is no such name or file; the message names the nearest
   * @throws DownloadException if its file cannot be fetched
   * @throws IOException if the file cannot be read or is no model file
   * @throws MalformedModelException if its weights do not fit its network
   */
  public static ClassifierModel load(String nameOrPath, Device device)
      throws ModelNotFoundException, IOException, MalformedModelException {
    if (BUNDLED.contains(nameOrPath)) {
      return bundled(nameOrPath, device);
    }
    Path path = path(nameOrPath);
    if (path != null && Files.isDirectory(path)) {
      path = path.resolve(MODEL_FILE);
      if (!Files.exists(path)) {
        throw new ModelNotFoundException("the folder " + nameOrPath + " has no " + MODEL_FILE);
      }
    }
    if (path != null && Files.exists(path)) {
      return ClassifierModel.load(path, device);
    }
    CatalogueEntry entry = published(nameOrPath);
    requireSupported(entry);
    Downloader downloader = new Downloader(DownloadOptions.ofEnvironment());
    Path fetched = downloader.fetch(entry, DownloadListener.NONE);
    return open(entry, fetched, new LoadOptions(entry.nesting(), false), device);
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
    if (BUNDLED.contains(nameOrPath) || (path != null && Files.exists(path))) {
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
    if (entry.isEmpty()) {
      List<String> nearest = Catalogue.published().nearest(name, 3, BUNDLED);
      throw new ModelNotFoundException(
          "no model and no file is called \""
              + name
              + "\"; did you mean "
              + String.join(", ", nearest.subList(0, 2))
              + " or "
              + nearest.get(2)
              + "? Bundled: "
              + String.join(", ", BUNDLED)
              + "; the command \"visionmamba models --checkpoints\" lists the others");
    }
    return entry.get();
  }

  /**
   * Checks that this version can load a checkpoint, before it is downloaded for that.
   *
   * @param entry the checkpoint
   * @throws CheckpointException if not
   */
  public static void requireSupported(CatalogueEntry entry) throws CheckpointException {
    if (entry.task() != Task.CLASSIFICATION) {
      throw new CheckpointException(
          entry.name(),
          "it is for " + entry.task().label().replace('_', ' ') + ", and only classifiers load yet",
          "name a classifier; its backbone's is " + entry.backbone());
    }
  }

  /**
   * Builds a checkpoint's model from a file that is here already.
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
    requireSupported(entry);
    return ClassifierModel.load(file, ModelDescription.of(entry), options, device);
  }

  /**
   * Loads a segmenter.
   *
   * @param nameOrPath a safetensors file with a description, or a folder that training has written
   * @param device where its weights go
   * @return the model, for inference
   * @throws ModelNotFoundException if there is no such file
   * @throws IOException if the file cannot be read or is no segmenter's
   * @throws MalformedModelException if its weights do not fit its network
   */
  public static SegmenterModel loadSegmenter(String nameOrPath, Device device)
      throws ModelNotFoundException, IOException, MalformedModelException {
    return SegmenterModel.load(file(nameOrPath), device);
  }

  /**
   * Loads a detector.
   *
   * @param nameOrPath a safetensors file with a description, or a folder that training has written
   * @param device where its weights go
   * @return the model, for inference
   * @throws ModelNotFoundException if there is no such file
   * @throws IOException if the file cannot be read or is no detector's
   * @throws MalformedModelException if its weights do not fit its network
   */
  public static DetectorModel loadDetector(String nameOrPath, Device device)
      throws ModelNotFoundException, IOException, MalformedModelException {
    return DetectorModel.load(file(nameOrPath), device);
  }

  private static Path file(String nameOrPath) throws ModelNotFoundException {
    Path path = path(nameOrPath);
    if (path != null && Files.isDirectory(path)) {
      path = path.resolve(MODEL_FILE);
    }
    if (path == null || !Files.exists(path)) {
      throw new ModelNotFoundException("no file and no folder of a model is " + nameOrPath);
    }
    return path;
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
    Path path = path(nameOrPath);
    if (path != null && Files.isDirectory(path)) {
      path = path.resolve(MODEL_FILE);
      if (!Files.exists(path)) {
        throw new ModelNotFoundException("the folder " + nameOrPath + " has no " + MODEL_FILE);
      }
    }
    if (BUNDLED.contains(nameOrPath)) {
      try (NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch")) {
        return task(Safetensors.read(resource(nameOrPath), manager).metadata(), nameOrPath);
      }
    }
    if (path != null && Files.exists(path)) {
      try (CheckpointFile file = CheckpointFile.open(path)) {
        return task(file.values(), file.name());
      }
    }
    return published(nameOrPath).task();
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

  private static ClassifierModel bundled(String name, Device device)
      throws IOException, MalformedModelException {
    return ClassifierModel.load(manager -> Safetensors.read(resource(name), manager), name, device);
  }

  private static URL resource(String name) throws IOException {
    URL resource = ModelCatalogue.class.getResource("models/" + name + ".safetensors");
    if (resource == null) {
      throw new IOException("the bundled model " + name + " is missing from the class path");
    }
    return resource;
  }
}
