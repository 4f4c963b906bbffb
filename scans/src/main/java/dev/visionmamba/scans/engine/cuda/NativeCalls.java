package dev.visionmamba.scans.engine.cuda;

import com.sun.jna.NativeLibrary;
import java.util.Collection;

/** Finds native libraries. */
final class NativeCalls {
  private NativeCalls() {}

  /**
   * The first library that can be loaded.
   *
   * @param what how the library is called in the error
   * @param names file names or paths
   * @throws UnsupportedOperationException naming all that were tried
   */
  static NativeLibrary load(String what, Collection<String> names) {
    StringBuilder errors = new StringBuilder();
    for (String name : names) {
      try {
        return NativeLibrary.getInstance(name);
      } catch (UnsatisfiedLinkError e) {
        String message = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
        errors.append(errors.isEmpty() ? "" : "; ").append(name).append(": ").append(message);
      }
    }
    throw new UnsupportedOperationException(what + " cannot be loaded (" + errors + ")");
  }
}
