package dev.visionmamba.scans.autograd;

import ai.djl.engine.Engine;
import ai.djl.pytorch.jni.JniUtils;

/**
 * Whether autograd records on this thread. libtorch keeps the mode by thread, and it starts on in
 * every thread but the one that started the engine.
 */
public final class GradientMode implements AutoCloseable {
  static {
    Engine.getEngine("PyTorch"); // loads libtorch, which keeps the mode
  }

  private final boolean before;

  private GradientMode(boolean before) {
    this.before = before;
  }

  /**
   * Whether autograd records on this thread now.
   *
   * @return true if operations on this thread are recorded
   */
  public static boolean isOn() {
    return JniUtils.isGradMode();
  }

  /**
   * Switches autograd off on this thread until closed.
   *
   * @return closes to the mode before
   */
  public static GradientMode off() {
    return set(false);
  }

  /**
   * Switches autograd on or off on this thread until closed.
   *
   * @param on whether operations are to be recorded
   * @return closes to the mode before
   */
  public static GradientMode set(boolean on) {
    boolean before = JniUtils.isGradMode();
    if (before != on) {
      JniUtils.setGradMode(on);
    }
    return new GradientMode(before);
  }

  @Override
  public void close() {
    if (JniUtils.isGradMode() != before) {
      JniUtils.setGradMode(before);
    }
  }
}
