package dev.visionmamba.scans.engine;

import java.util.ArrayList;
import java.util.List;

/** What one thread works with, kept for its next scan, so that a scan allocates no arrays. */
final class Workspace {
  private final ScanKernel kernel;
  private final List<DirectionScan> directions = new ArrayList<>();
  private final List<HeapSequence> heaps = new ArrayList<>();
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

  /** The i-th of the sequences on the heap. */
  HeapSequence heap(int i) {
    while (heaps.size() <= i) {
      heaps.add(new HeapSequence());
    }
    return heaps.get(i);
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
