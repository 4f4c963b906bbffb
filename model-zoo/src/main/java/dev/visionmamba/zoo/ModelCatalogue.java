package dev.visionmamba.zoo;

import ai.djl.Device;
import ai.djl.MalformedModelException;
import ai.djl.repository.zoo.ModelNotFoundException;
import dev.visionmamba.backbones.Backbones;
import dev.visionmamba.zoo.checkpoint.Safetensors;
import java.io.IOException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;

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
   * Loads a model.
   *
   * @param nameOrPath a bundled model's name, a safetensors file with a description, or a folder
   *     that training has written
   * @param device where its weights go
   * @return the model, for inference
   * @throws ModelNotFoundException if there is no such name or file; the message lists the names
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
    String bundled = String.join(", ", BUNDLED);
    if (Backbones.find(nameOrPath).isPresent()) {
      throw new ModelNotFoundException(
          "no weights of "
              + nameOrPath
              + " are bundled: name a safetensors file that training has written, or a bundled"
              + " model: "
              + bundled);
    }
    throw new ModelNotFoundException(
        "no model and no file is called \"" + nameOrPath + "\"; bundled models: " + bundled);
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
    URL resource = ModelCatalogue.class.getResource("models/" + name + ".safetensors");
    if (resource == null) {
      throw new IOException("the bundled model " + name + " is missing from the class path");
    }
    return ClassifierModel.load(manager -> Safetensors.read(resource, manager), name, device);
  }
}
