package dev.visionmamba.scans.engine.cuda;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDArray;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import java.lang.reflect.Field;
import java.lang.reflect.InaccessibleObjectException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.ByteBuffer;

/**
 * Where DJL's arrays lie in memory, on any device. DJL gives a buffer over an array on the CPU
 * only; for one on a GPU it copies. But the native call beneath makes its buffer of libtorch's data
 * pointer without asking for the device. It is private to DJL (0.35.1), so it is called by
 * reflection here and nowhere else, and of the buffer only the address is used.
 */
final class DevicePointers {
  private final Object library;
  private final Method buffer;
  private final Method contiguous;

  private DevicePointers(Object library, Method buffer, Method contiguous) {
    this.library = library;
    this.buffer = buffer;
    this.contiguous = contiguous;
  }

  /**
   * Finds DJL's native calls.
   *
   * @throws UnsupportedOperationException if this DJL has others, or does not let them be called
   */
  static DevicePointers open() {
    try {
      Class<?> type = Class.forName("ai.djl.pytorch.jni.PyTorchLibrary");
      Field library = type.getDeclaredField("LIB");
      Method buffer = type.getDeclaredMethod("torchDirectByteBuffer", long.class);
      Method contiguous = type.getDeclaredMethod("torchIsContiguous", long.class);
      library.setAccessible(true);
      buffer.setAccessible(true);
      contiguous.setAccessible(true);
      return new DevicePointers(library.get(null), buffer, contiguous);
    } catch (ReflectiveOperationException | InaccessibleObjectException e) {
      throw new UnsupportedOperationException(
          "this version of DJL does not tell where an array lies on the device (" + e + ")", e);
    }
  }

  /** Whether an array's elements follow each other in the order of its shape. */
  boolean isContiguous(NDArray array) {
    return (boolean) call(contiguous, array);
  }

  /**
   * An array whose elements follow each other: the array itself, or a copy.
   *
   * @param manager of a copy
   */
  NDArray contiguous(NDArray array, NDManager manager) {
    if (isContiguous(array)) {
      return array;
    }
    NDArray copy = manager.zeros(array.getShape(), array.getDataType(), array.getDevice());
    return copy.addi(array); // a duplicate would lie as the array does
  }

  /**
   * The address of an array's first element, for as long as the array is open; 0 if it has none.
   */
  long address(NDArray array) {
    if (array.getShape().size() == 0) {
      return 0;
    }
    long bytes = array.getShape().size() * array.getDataType().getNumOfBytes();
    if (bytes > Integer.MAX_VALUE) { // more than a buffer may hold; its first row begins alike
      try (NDArray first = array.get(0)) {
        return address(first);
      }
    }
    return Pointer.nativeValue(Native.getDirectBufferPointer((ByteBuffer) call(buffer, array)));
  }

  private Object call(Method method, NDArray array) {
    try {
      return method.invoke(library, ((PtNDArray) array).getHandle());
    } catch (IllegalAccessException e) {
      throw new IllegalStateException(e); // was made accessible
    } catch (InvocationTargetException e) {
      throw new IllegalArgumentException("where " + array.getShape() + " lies is unknown", e);
    }
  }
}
