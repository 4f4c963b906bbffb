package dev.visionmamba.scans.engine;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.engine.Engine;
import ai.djl.pytorch.jni.JniUtils;
import org.junit.jupiter.api.Test;

/** One property sets the threads of the scans and of libtorch, in every thread. */
class ThreadsTest {

  @Test
  void theNumberChosenIsLibtorchsToo() throws Exception {
    String output = ChildJvm.run(Counts.class, "-Dvisionmamba.threads=3");
    assertThat(output).contains("scans 3", "libtorch 3", "libtorch in another thread 3");
  }

  @Test
  void withoutAChoiceScansTakeAllCoresAndLibtorchWhatItWas() throws Exception {
    String output = ChildJvm.run(Counts.class);
    assertThat(output)
        .contains("scans " + Runtime.getRuntime().availableProcessors(), "libtorch 1\n");
  }

  @Test
  void aWrongNumberIsNamed() throws Exception {
    String output = ChildJvm.run(Wrong.class, "-Dvisionmamba.threads=none");
    assertThat(output).contains("-Dvisionmamba.threads=none must be a whole number of at least 1");
  }

  /** Prints the numbers. */
  static final class Counts {
    private Counts() {}

    public static void main(String[] args) throws Exception {
      Threads.applyToLibtorch();
      Engine.getEngine("PyTorch");
      System.out.println("scans " + Threads.perOperation());
      System.out.println("libtorch " + JniUtils.getNumThreads());
      Thread other =
          new Thread(
              () -> System.out.println("libtorch in another thread " + JniUtils.getNumThreads()));
      other.start();
      other.join();
    }
  }

  /** Prints the refusal. */
  static final class Wrong {
    private Wrong() {}

    public static void main(String[] args) {
      try {
        Threads.perOperation();
      } catch (IllegalArgumentException e) {
        System.out.println(e.getMessage());
      }
    }
  }
}
