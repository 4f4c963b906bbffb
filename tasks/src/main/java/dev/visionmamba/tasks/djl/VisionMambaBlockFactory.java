package dev.visionmamba.tasks.djl;

import ai.djl.MalformedModelException;
import ai.djl.Model;
import ai.djl.nn.Block;
import ai.djl.nn.BlockFactory;
import ai.djl.translate.ArgumentsUtil;
import dev.visionmamba.zoo.ClassifierModel;
import dev.visionmamba.zoo.ModelCatalogue;
import dev.visionmamba.zoo.ModelDescription;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

/**
 * Builds the network that a folder's {@value ModelCatalogue#MODEL_FILE} describes, with its
 * weights. DJL finds this class by its name in {@code serving.properties}, which must also say
 * {@code option.hasParameter=false}: the weights are not in DJL's own format. The argument {@code
 * weights} names another file of the folder, {@code foldNorms=false} keeps batch norms as they are.
 */
public final class VisionMambaBlockFactory implements BlockFactory {
  private static final long serialVersionUID = 1L;

  /** For DJL. */
  public VisionMambaBlockFactory() {}

  /**
   * A network with weights, for inference.
   *
   * @param model gets the weights, and the description as its property {@value
   *     ModelDescription#METADATA_KEY}
   * @param folder where the weights are
   * @param arguments as above
   * @return the network
   * @throws IOException if the weights are missing, cannot be read, or do not fit the network
   */
  @Override
  public Block newBlock(Model model, Path folder, Map<String, ?> arguments) throws IOException {
    Path weights =
        folder.resolve(ArgumentsUtil.stringValue(arguments, "weights", ModelCatalogue.MODEL_FILE));
    try {
      ClassifierModel loaded = ClassifierModel.load(weights, model);
      return prepared(loaded, ArgumentsUtil.booleanValue(arguments, "foldNorms", true));
    } catch (MalformedModelException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  /** The network, ready to predict; its DJL model knows the description. */
  static Block prepared(ClassifierModel loaded, boolean foldNorms) {
    if (foldNorms) {
      loaded.network().foldNorms();
    }
    loaded.djlModel().setProperty(ModelDescription.METADATA_KEY, loaded.description().toJson());
    return loaded.network();
  }
}
