package dev.visionmamba.tasks.djl;

import ai.djl.MalformedModelException;
import ai.djl.Model;
import ai.djl.nn.Block;
import ai.djl.nn.BlockFactory;
import ai.djl.translate.ArgumentsUtil;
import dev.visionmamba.backbones.Precision;
import dev.visionmamba.zoo.ModelCatalogue;
import dev.visionmamba.zoo.ModelDescription;
import dev.visionmamba.zoo.TrainedModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

/**
 * Builds the network that a folder's {@value ModelCatalogue#MODEL_FILE} describes, a classifier, a
 * detector or a segmenter, with its weights. DJL finds this class by its name in {@code
 * serving.properties}, which must also say {@code option.hasParameter=false}: the weights are not
 * in DJL's own format. The argument {@code weights} names another file of the folder, {@code
 * foldNorms=false} keeps batch norms as they are, {@code precision=float16} computes in half
 * precision. Of a detector, {@code threshold} is what scores must be above, 0.3 if it is left out,
 * {@code nmsThreshold} is that of the suppression, 0.5, {@code mostObjects} is at most found, 100,
 * and {@code masks=false} leaves out masks.
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
   * @throws IllegalArgumentException if an argument is out of range, or the model is a restorer
   */
  @Override
  public Block newBlock(Model model, Path folder, Map<String, ?> arguments) throws IOException {
    Path weights =
        folder.resolve(ArgumentsUtil.stringValue(arguments, "weights", ModelCatalogue.MODEL_FILE));
    try {
      return prepared(ModelCatalogue.loadAny(weights, model), arguments);
    } catch (MalformedModelException e) {
      throw new IOException(e.getMessage(), e);
    } catch (RuntimeException e) {
      model.close();
      throw e;
    }
  }

  /** What predicts, as DJL's predictors run it; the DJL model has it and knows the description. */
  static Block prepared(TrainedModel<?> loaded, Map<String, ?> arguments) {
    ModelDescription description = loaded.description();
    Block block =
        DjlTask.of(description.head().task().orElseThrow()).block().of(loaded.network(), arguments);
    if (ArgumentsUtil.booleanValue(arguments, "foldNorms", true)) {
      loaded.network().foldNorms();
    }
    loaded
        .network()
        .setPrecision(Precision.of(ArgumentsUtil.stringValue(arguments, "precision", "float32")));
    loaded.djlModel().setBlock(block);
    loaded.djlModel().setProperty(ModelDescription.METADATA_KEY, description.toJson());
    return block;
  }

  /**
   * What a model that was loaded here says about itself.
   *
   * @throws IllegalArgumentException if it was loaded otherwise
   */
  static ModelDescription description(Model model) {
    String json = model.getProperty(ModelDescription.METADATA_KEY);
    if (json == null) {
      throw new IllegalArgumentException(
          "the model "
              + model.getName()
              + " was not loaded by this library: name "
              + VisionMambaBlockFactory.class.getName()
              + " as blockFactory");
    }
    return ModelDescription.fromJson(json);
  }
}
