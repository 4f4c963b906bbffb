package dev.visionmamba.scans.engine;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorSpecies;

/**
 * Norms with the JDK's Vector API. A token's last vector overlaps the one before where its channels
 * are no multiple of the lanes. Means, scales and outputs are computed in loops of their own, so
 * that one token's sum need not be waited for before the next is begun.
 */
final class VectorNormalization {
  private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
  private static final int LANES = SPECIES.length();

  private VectorNormalization() {}

  /** Normalises the tokens of a tile. */
  static void normalize(NormalizationTile tile) {
    if (tile.channels < LANES) {
      PlainNormalization.normalize(tile);
      return;
    }
    int seen = (LANES - tile.channels % LANES) % LANES;
    if (tile.centred) {
      means(tile, seen);
    }
    scales(tile, seen);
    outputs(tile);
  }

  /**
   * The means of the tokens.
   *
   * @param seen how many lanes of the last vector are also in the one before
   */
  private static void means(NormalizationTile tile, int seen) {
    float[] x = tile.x;
    float[] mean = tile.mean;
    VectorMask<Float> again = FloatVector.zero(SPECIES).addIndex(1).lt(seen);
    int channels = tile.channels;
    int last = channels - LANES;
    for (int token = 0, row = 0; token < tile.tokens; token++, row += channels) {
      FloatVector sum = FloatVector.fromArray(SPECIES, x, row + last).blend(0f, again);
      for (int i = 0; i < last; i += LANES) {
        sum = sum.add(FloatVector.fromArray(SPECIES, x, row + i));
      }
      sum.intoArray(tile.sums, token * LANES);
    }
    for (int token = 0; token < tile.tokens; token++) {
      mean[token] = VectorMath.sumOfLanes(tile.sums, token * LANES) / channels;
    }
  }

  private static void scales(NormalizationTile tile, int seen) {
    float[] x = tile.x;
    float[] mean = tile.mean;
    float[] scale = tile.scale;
    VectorMask<Float> again = FloatVector.zero(SPECIES).addIndex(1).lt(seen);
    int channels = tile.channels;
    int last = channels - LANES;
    for (int token = 0, row = 0; token < tile.tokens; token++, row += channels) {
      FloatVector centre = FloatVector.broadcast(SPECIES, mean[token]);
      FloatVector d = FloatVector.fromArray(SPECIES, x, row + last).sub(centre).blend(0f, again);
      FloatVector sum = d.mul(d);
      for (int i = 0; i < last; i += LANES) {
        d = FloatVector.fromArray(SPECIES, x, row + i).sub(centre);
        sum = d.fma(d, sum);
      }
      sum.intoArray(tile.sums, token * LANES);
    }
    for (int token = 0; token < tile.tokens; token++) {
      float variance = VectorMath.sumOfLanes(tile.sums, token * LANES) / channels;
      scale[token] = (float) (1 / Math.sqrt(variance + tile.epsilon));
    }
  }

  private static void outputs(NormalizationTile tile) {
    float[] x = tile.x;
    float[] y = tile.y;
    float[] mean = tile.mean;
    float[] scale = tile.scale;
    int channels = tile.channels;
    int last = channels - LANES;
    for (int i = 0; ; i = Math.min(i + LANES, last)) {
      FloatVector weight = FloatVector.fromArray(SPECIES, tile.weight, i);
      FloatVector bias = FloatVector.fromArray(SPECIES, tile.bias, i);
      for (int token = 0, at = i; token < tile.tokens; token++, at += channels) {
        FloatVector.fromArray(SPECIES, x, at)
            .sub(mean[token])
            .mul(scale[token])
            .fma(weight, bias)
            .intoArray(y, at);
      }
      if (i == last) {
        return;
      }
    }
  }
}
