package dev.visionmamba.heads.restoration.mambairv2;

import dev.visionmamba.scans.ScanPath;
import java.util.ArrayList;
import java.util.List;

/**
 * Semantic guided neighbouring (section 3.4): tokens with the same prompt are neighbours in the
 * scan. Tokens are sorted by their prompt, those with the same one stay in raster order; nothing is
 * moved, the order is a path. With B images of L tokens, which all lie in one sequence:
 *
 * @param paths one an image, over all B*L tokens
 * @param steps (B*L), the token that lies, in raster order of its image, where each token stands in
 *     the sorted order
 */
record SemanticOrder(List<ScanPath> paths, long[] steps) {

  /**
   * The order of a batch.
   *
   * @param prompts the prompt of each token, 0..count-1, image by image
   * @param images B
   * @param count how many prompts there are
   */
  static SemanticOrder of(long[] prompts, int images, int count) {
    int length = prompts.length / images;
    List<ScanPath> paths = new ArrayList<>();
    long[] steps = new long[prompts.length];
    for (int image = 0; image < images; image++) {
      int first = image * length;
      int[] next = starts(prompts, first, length, count);
      int[] order = new int[length];
      for (int token = first; token < first + length; token++) {
        int step = next[(int) prompts[token]]++;
        order[step] = token;
        steps[token] = first + step;
      }
      paths.add(ScanPath.of(prompts.length, order));
    }
    return new SemanticOrder(paths, steps);
  }

  /** Where the tokens of each prompt begin in the sorted order of an image. */
  private static int[] starts(long[] prompts, int first, int length, int count) {
    int[] starts = new int[count + 1];
    for (int token = first; token < first + length; token++) {
      starts[(int) prompts[token] + 1]++;
    }
    for (int prompt = 0; prompt < count; prompt++) {
      starts[prompt + 1] += starts[prompt];
    }
    return starts;
  }
}
