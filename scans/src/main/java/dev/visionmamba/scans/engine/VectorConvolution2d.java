package dev.visionmamba.scans.engine;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/** A row of a 3x3 depthwise convolution with the JDK's Vector API. */
final class VectorConvolution2d {
  private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
  private static final int LANES = SPECIES.length();

  private VectorConvolution2d() {}

  /** As {@link ScanKernel} says; the nine weights stay in registers. */
  static void convolve(
      float[][] rows, float[] weight, float[] bias, float[] out, int width, int stride) {
    for (int column = 0; column < stride; column += LANES) {
      convolve(rows, weight, bias, out, width, stride, column);
    }
  }

  private static void convolve(
      float[][] rows,
      float[] weight,
      float[] bias,
      float[] out,
      int width,
      int stride,
      int column) {
    FloatVector w00 = FloatVector.fromArray(SPECIES, weight, column);
    FloatVector w01 = FloatVector.fromArray(SPECIES, weight, column + stride);
    FloatVector w02 = FloatVector.fromArray(SPECIES, weight, column + 2 * stride);
    FloatVector w10 = FloatVector.fromArray(SPECIES, weight, column + 3 * stride);
    FloatVector w11 = FloatVector.fromArray(SPECIES, weight, column + 4 * stride);
    FloatVector w12 = FloatVector.fromArray(SPECIES, weight, column + 5 * stride);
    FloatVector w20 = FloatVector.fromArray(SPECIES, weight, column + 6 * stride);
    FloatVector w21 = FloatVector.fromArray(SPECIES, weight, column + 7 * stride);
    FloatVector w22 = FloatVector.fromArray(SPECIES, weight, column + 8 * stride);
    FloatVector shift = FloatVector.fromArray(SPECIES, bias, column);
    float[] above = rows[0];
    float[] middle = rows[1];
    float[] below = rows[2];
    for (int i = 0, at = column; i < width; i++, at += stride) {
      int next = at + stride;
      int last = next + stride;
      FloatVector top = FloatVector.fromArray(SPECIES, above, at).fma(w00, shift);
      FloatVector centre = FloatVector.fromArray(SPECIES, middle, at).mul(w10);
      FloatVector bottom = FloatVector.fromArray(SPECIES, below, at).mul(w20);
      top = FloatVector.fromArray(SPECIES, above, next).fma(w01, top);
      centre = FloatVector.fromArray(SPECIES, middle, next).fma(w11, centre);
      bottom = FloatVector.fromArray(SPECIES, below, next).fma(w21, bottom);
      top = FloatVector.fromArray(SPECIES, above, last).fma(w02, top);
      centre = FloatVector.fromArray(SPECIES, middle, last).fma(w12, centre);
      bottom = FloatVector.fromArray(SPECIES, below, last).fma(w22, bottom);
      top.add(centre).add(bottom).intoArray(out, at);
    }
  }
}
