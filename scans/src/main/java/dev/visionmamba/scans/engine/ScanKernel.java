package dev.visionmamba.scans.engine;

/** The inner loops of the CPU engines, over one block of channels. Stateless. */
interface ScanKernel {

  /** How many channels a full block has. */
  int lanes();

  /**
   * Walks all steps from the block's state: h = exp(delta A) h + delta u B, y += C h + D u.
   *
   * @param block its y is added to, its state replaced, its checkpoints filled if not null
   */
  void forward(ScanBlock block);

  /**
   * Walks the steps of one chunk backwards, from the checkpoint before it.
   *
   * @param block its gradients are added to, its stateGradient carried to the chunk before
   * @param chunk which chunk
   */
  void backward(ScanBlock block, int chunk);

  /** y = scale * y * SiLU(z) at (batch, token, channel...channel+width); z may be null. */
  void gate(Rows y, Rows z, float scale, int batch, int token, int channel, int width);

  /**
   * The gradients of {@link #gate}: given y before the gate, replaces it by its own gradient and
   * adds the gradient of z; z may be null.
   */
  void gateBackward(
      Rows y,
      Rows z,
      Rows outputGradient,
      Rows zGradient,
      float scale,
      int batch,
      int token,
      int channel,
      int width);

  /** One block of a causal convolution: y = SiLU(bias + sum of taps). */
  void convolve(ConvolutionBlock block);

  /** Its gradients, added to the block's. */
  void convolveBackward(ConvolutionBlock block);
}
