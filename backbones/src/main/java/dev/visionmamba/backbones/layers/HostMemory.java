package dev.visionmamba.backbones.layers;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;

/**
 * Where Java writes and reads the numbers of arrays: on the CPU their own memory; for one on a GPU
 * memory of the host, and one transfer. DJL's buffer over an array on a GPU is a copy, so what is
 * written there is lost; nothing above the scans takes such a buffer but this class.
 */
public final class HostMemory {
  private HostMemory() {}

  /**
   * Writes numbers.
   *
   * @param <E> what may go wrong
   */
  @FunctionalInterface
  public interface Writer<E extends Exception> {
    /**
     * Writes them.
     *
     * @param memory for as many numbers as the array has, at its beginning
     * @throws E if they are not to be had
     */
    void write(FloatBuffer memory) throws E;
  }

  /**
   * Whether Java may compute in an array's own memory.
   *
   * @param array any
   * @return whether it is float32 on the CPU
   */
  public static boolean holds(NDArray array) {
    return array.getDevice().equals(Device.cpu()) && array.getDataType() == DataType.FLOAT32;
  }

  /**
   * An array's own memory. It is the array's: the array must stay open.
   *
   * @param array float32, on the CPU, contiguous
   * @return its numbers, row by row
   * @throws IllegalArgumentException if it is elsewhere or of another type
   */
  public static FloatBuffer of(NDArray array) {
    if (!holds(array)) {
      throw new IllegalArgumentException(
          "an array whose memory Java shares must be float32 on cpu(), but is "
              + array.getDataType()
              + " on "
              + array.getDevice());
    }
    return array.toByteBuffer(true).order(ByteOrder.nativeOrder()).asFloatBuffer();
  }

  /**
   * A new array, float32, on the manager's device.
   *
   * @param manager owns it
   * @param shape its shape
   * @param writer writes its numbers, row by row; those that it leaves out are any
   * @param <E> what the writer may throw
   * @return the array
   * @throws E if the writer does; no array is left behind
   */
  public static <E extends Exception> NDArray write(
      NDManager manager, Shape shape, Writer<E> writer) throws E {
    try (NDManager host = manager.newSubManager(Device.cpu())) {
      NDArray array = host.create(shape, DataType.FLOAT32);
      writer.write(of(array));
      NDArray there = array.toDevice(manager.getDevice(), false);
      there.attach(manager);
      return there;
    }
  }

  /**
   * Reads an array's numbers, from wherever it is.
   *
   * @param array float32
   * @param to takes them, row by row
   * @param offset where the first goes
   */
  public static void read(NDArray array, float[] to, int offset) {
    int count = Math.toIntExact(array.size());
    // Of an array on a GPU, and of a scattered one, the buffer is a copy, which the alias owns.
    try (NDManager scope = array.getManager().newSubManager()) {
      NDArray alias = array.reshape(array.getShape());
      alias.attach(scope);
      alias
          .toByteBuffer(true)
          .order(ByteOrder.nativeOrder())
          .asFloatBuffer()
          .get(to, offset, count);
    }
  }

  /**
   * Copies an array's numbers over another's. On the CPU not by DJL, whose copy makes libtorch warn
   * on stderr of what only DJL can mend.
   *
   * @param from contiguous
   * @param to of the same shape, contiguous; changed in place
   * @throws IllegalArgumentException if the shapes differ
   */
  public static void copy(NDArray from, NDArray to) {
    if (!from.getShape().equals(to.getShape())) {
      throw new IllegalArgumentException(
          "numbers of shape " + from.getShape() + " do not go where there are " + to.getShape());
    }
    if (holds(from) && holds(to)) {
      of(to).put(of(from));
    } else {
      from.copyTo(to);
    }
  }
}
