package dev.visionmamba.zoo.checkpoint;

import ai.djl.ndarray.types.Shape;
import dev.visionmamba.backbones.Backbone;
import dev.visionmamba.backbones.efficientvim.EfficientViM;
import dev.visionmamba.backbones.plainmamba.PlainMamba;
import dev.visionmamba.backbones.plainmamba.PlainMambaAdapter;
import dev.visionmamba.backbones.plainmamba.PlainMambaPyramid;
import dev.visionmamba.backbones.vim.Vim;
import dev.visionmamba.backbones.vim.VimPyramid;
import dev.visionmamba.backbones.vmamba.VMamba;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * How a family's published files differ from its networks' state dicts: the table of everything
 * that the references do to names and shapes when they load a file. (What they compute, the
 * resizing of position embeddings, the networks do themselves.)
 *
 * @param keys where files keep the state dict, the likeliest first
 * @param renames tried one after the other on a name that the network does not have, until it has
 *     it
 * @param reshaped tensors that may be stored in another shape of the same elements
 * @param pyramidOnly parameters of the feature pyramid that a classifier's file does not have
 */
record PublishedNames(
    List<String> keys, List<Rename> renames, Pattern reshaped, Pattern pyramidOnly) {

  /**
   * A rename.
   *
   * @param from what of a name it replaces, once
   * @param to what takes its place, {@code $1} for its first group
   */
  record Rename(Pattern from, String to) {
    static Rename of(String from, String to) {
      return new Rename(Pattern.compile(from), to);
    }
  }

  /** Prefixes of whole state dicts: of data-parallel training, compilation and wrappers. */
  static final List<String> WRAPPERS = List.of("module.", "_orig_mod.", "model.", "backbone.");

  /** What detectors and segmenters, and PlainMamba's classifiers, call their backbone. */
  static final String BACKBONE = "backbone.";

  /** Where files of any origin keep the state dict, the likeliest first. */
  static final List<String> KEYS =
      List.of(
          "model",
          "state_dict",
          "model_state_dict",
          "model_ema",
          "state_dict_ema",
          "net",
          "network",
          "module",
          "params",
          "weights");

  private static final Pattern NONE = Pattern.compile("(?!)");

  /** Of a family that renames nothing. */
  static final PublishedNames PLAIN = new PublishedNames(KEYS, List.of(), NONE, NONE);

  /** Files of BasicSR: the mean of the weights where there is no other. */
  static final PublishedNames RESTORERS =
      new PublishedNames(first("params", first("params_ema", KEYS)), List.of(), NONE, NONE);

  /** Files of mmcv. */
  private static final PublishedNames PLAIN_MAMBA =
      new PublishedNames(first("state_dict", KEYS), List.of(), NONE, NONE);

  /**
   * The published files have the names of {@code classification/models/vmamba.py}, the networks
   * those of the single file that followed it.
   */
  private static final PublishedNames VMAMBA =
      new PublishedNames(
          KEYS,
          List.of(
              Rename.of("^patch_embed\\.proj\\.", "patch_embed.0."),
              Rename.of("^patch_embed\\.norm\\.", "patch_embed.2."),
              Rename.of("^(layers\\.\\d+\\.blocks\\.\\d+)\\.ln_1\\.", "$1.norm."),
              Rename.of("^(layers\\.\\d+\\.blocks\\.\\d+)\\.self_attention\\.", "$1.op."),
              Rename.of("^(layers\\.\\d+\\.downsample)\\.norm\\.", "$1.1."),
              Rename.of("^(layers\\.\\d+\\.downsample)\\.reduction\\.", "$1.2."),
              Rename.of("^(norm|head)\\.", "classifier.$1."),
              // A convolution in groups in the later networks; the first have the parameter itself.
              Rename.of("\\.op\\.x_proj_weight$", ".op.x_proj.weight"),
              Rename.of("\\.op\\.dt_projs_weight$", ".op.dt_projs.weight")),
          // Linear layers that were convolutions by one pixel; (K, rows, D) of the groups.
          Pattern.compile(".*\\.weight"),
          Pattern.compile("outnorm\\d+\\..*"));

  /** What PlainMamba's detectors have beside the backbone of its classifiers. */
  private static final String ADAPTER = "(level_embed|(spm|interactions|up|ad_norm[1-4])\\..*)";

  private static final Map<Class<? extends Backbone>, PublishedNames> FAMILIES =
      Map.of(
          Vim.class, PLAIN,
          VimPyramid.class, PLAIN.withPyramid("fpn[12]\\..*"),
          VMamba.class, VMAMBA,
          PlainMamba.class, PLAIN_MAMBA,
          PlainMambaPyramid.class, PLAIN_MAMBA.withPyramid("norm_layer\\d+\\..*"),
          PlainMambaAdapter.class, PLAIN_MAMBA.withPyramid(ADAPTER),
          EfficientViM.class, PLAIN);

  /** The table of a backbone's family; of an unknown one, the plain one. */
  static PublishedNames of(Backbone backbone) {
    return FAMILIES.getOrDefault(backbone.getClass(), PLAIN);
  }

  /** The same for a backbone with such parameters for its pyramid alone. */
  private PublishedNames withPyramid(String names) {
    return new PublishedNames(keys, renames, reshaped, Pattern.compile(names));
  }

  /** Where the files of detectors and segmenters keep the state dict, the likeliest first. */
  List<String> denseKeys() {
    return first("state_dict", keys);
  }

  private static List<String> first(String key, List<String> keys) {
    List<String> ordered = new ArrayList<>(keys);
    ordered.remove(key);
    ordered.add(0, key);
    return List.copyOf(ordered);
  }

  /** A stored name as the network has it; the stored name itself if no rename leads there. */
  String rename(String stored, Map<String, Shape> network) {
    String name = stored;
    for (Rename rename : renames) {
      if (network.containsKey(name)) {
        break;
      }
      name = rename.from.matcher(name).replaceFirst(rename.to);
    }
    return name;
  }

  /**
   * Whether a stored tensor may take the network's shape: it is the same but for dimensions of 1 at
   * the end, or for the first two dimensions in one.
   */
  boolean mayReshape(String name, Shape stored, Shape wanted) {
    return reshaped.matcher(name).matches()
        && (stored.size() == wanted.size())
        && (withoutOnes(stored).equals(withoutOnes(wanted))
            || (stored.dimension() == 3 && merged(stored).equals(withoutOnes(wanted))));
  }

  private static Shape withoutOnes(Shape shape) {
    int end = shape.dimension();
    while (end > 1 && shape.get(end - 1) == 1) {
      end--;
    }
    return shape.slice(0, end);
  }

  private static Shape merged(Shape shape) {
    return withoutOnes(new Shape(shape.get(0) * shape.get(1), shape.get(2)));
  }
}
