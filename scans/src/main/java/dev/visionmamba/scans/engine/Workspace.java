package dev.visionmamba.scans.engine;

import java.util.ArrayList;
import java.util.List;

/** What one thread works with, kept for its next scan, so that a scan allocates no arrays. */
final class Workspace {
  private final ScanKernel kernel;
  private final List<DirectionScan> directions = new ArrayList<>();
  private final HeapSequence heap = new HeapSequence();
  private final ConvolutionTile convolution;
  private final Convolution2dTile convolution2d;
  private final NormalizationTile normalization;

  Workspace(ScanKernel kernel) {
    this.kernel = kernel;
    this.convolution = new ConvolutionTile(kernel);
    this.convolution2d = new Convolution2dTile(kernel);
    this.normalization = new NormalizationTile(kernel);
  }

  /** The scan of the k-th direction. */
  DirectionScan direction(int k) {
    while (directions.size() <= k) {
      directions.add(new DirectionScan(kernel));
    }
    return directions.get(k);
  }

  HeapSequence heap() {
    return heap;
  }

  ConvolutionTile convolution() {
    return convolution;
  }

  Convolution2dTile convolution2d() {
    return convolution2d;
  }

  NormalizationTile normalization() {
    return normalization;
  }
}
