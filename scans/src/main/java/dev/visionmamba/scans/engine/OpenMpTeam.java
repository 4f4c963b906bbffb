package dev.visionmamba.scans.engine;

import ai.djl.pytorch.jni.JniUtils;
import com.sun.jna.Callback;
import com.sun.jna.CallbackReference;
import com.sun.jna.CallbackThreadInitializer;
import com.sun.jna.Function;
import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/**
 * The OpenMP threads that libtorch computes with. After an operation of libtorch they are awake and
 * wait for the next; threads of our own would have to share the cores with them, and then find them
 * asleep when libtorch goes on.
 *
 * <p>A parallel region is entered as compiled code does, by libgomp's {@code GOMP_parallel} (GNU
 * Offloading and Multi Processing Runtime Library, "The libgomp ABI"), which gives each calling
 * thread helpers of its own.
 */
final class OpenMpTeam extends Team {
  private static final Path MAPS = Path.of("/proc/self/maps");

  private final int size;
  private final Function parallel;
  private volatile Job job;

  /** Held on to, or the entry would be freed. */
  private final Region region = unused -> job.work();

  private final Pointer entry;

  /** What each thread of the team calls. */
  @FunctionalInterface
  interface Region extends Callback {

    /**
     * Takes part in the job.
     *
     * @param data what compiled code would be given
     */
    void run(Pointer data);
  }

  private OpenMpTeam(int size, Function parallel) {
    this.size = size;
    this.parallel = parallel;
    // The threads stay attached to the JVM as long as they live, and do not keep it from ending.
    // What is set later than the entry is made is ignored.
    Native.setCallbackThreadInitializer(
        region, new CallbackThreadInitializer(true, false, "visionmamba-scan"));
    this.entry = CallbackReference.getFunctionPointer(region);
  }

  /**
   * The team of the libtorch that is loaded.
   *
   * @param size how many threads, where libtorch itself has one
   * @return null where its OpenMP library is another or none, or cannot be called
   */
  static OpenMpTeam ofLibtorch(int size) {
    if (!Files.isReadable(MAPS)) { // not Linux
      return null;
    }
    try (Stream<String> maps = Files.lines(MAPS)) {
      String libtorch =
          maps.filter(line -> line.endsWith("/libtorch_cpu.so"))
              .map(line -> line.substring(line.indexOf('/')))
              .findFirst()
              .orElse(null);
      // A library is searched with all that it depends on.
      return libtorch == null
          ? null
          : new OpenMpTeam(size, NativeLibrary.getInstance(libtorch).getFunction("GOMP_parallel"));
    } catch (IOException | LinkageError e) { // JNA's own library may be what is missing
      return null;
    }
  }

  @Override
  void share(Job mine) {
    try {
      job = mine;
      parallel.invokeVoid(new Object[] {entry, Pointer.NULL, threads(), 0}); // waits for all
      mine.work(); // what is left if a thread could not be attached
    } finally {
      job = null;
    }
  }

  /** As many as libtorch has: a team of another size would be built anew after every operation. */
  private int threads() {
    int ofLibtorch = JniUtils.getNumThreads();
    return ofLibtorch > 1 ? ofLibtorch : size;
  }
}
