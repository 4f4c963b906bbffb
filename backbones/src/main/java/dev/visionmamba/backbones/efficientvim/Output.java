package dev.visionmamba.backbones.efficientvim;

import ai.djl.ndarray.NDArray;

/**
 * What a block gives.
 *
 * @param map (B, H, W, C)
 * @param hidden the hidden states that its tokens have met in, (B, N, C)
 */
record Output(NDArray map, NDArray hidden) {
  void close() {
    map.close();
    hidden.close();
  }
}
