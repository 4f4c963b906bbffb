package dev.visionmamba.scans.engine;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Vector loads and stores on native memory. The incubating API changed its name for them: from a
 * ByteBuffer up to Java 18, from a MemorySegment since. Constant method handles hide the difference
 * and are inlined, so one class file runs on all versions at full speed.
 */
final class VectorMemory {
  private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
  private static final MethodHandle LOAD; // (Object memory, int byteOffset) FloatVector
  private static final MethodHandle STORE; // (FloatVector, Object memory, int byteOffset) void
  private static final MethodHandle WRAP; // (ByteBuffer) Object

  static {
    MethodHandles.Lookup lookup = MethodHandles.publicLookup();
    try {
      Class<?> memory = ByteBuffer.class;
      Class<?> offset = int.class;
      String suffix = "ByteBuffer";
      MethodHandle wrap = MethodHandles.identity(ByteBuffer.class);
      if (Runtime.version().feature() > 18) {
        memory = Class.forName("java.lang.foreign.MemorySegment");
        offset = long.class;
        suffix = "MemorySegment";
        wrap = lookup.findStatic(memory, "ofBuffer", MethodType.methodType(memory, Buffer.class));
      }
      MethodHandle load =
          lookup.findStatic(
              FloatVector.class,
              "from" + suffix,
              MethodType.methodType(
                  FloatVector.class, VectorSpecies.class, memory, offset, ByteOrder.class));
      MethodHandle store =
          lookup.findVirtual(
              FloatVector.class,
              "into" + suffix,
              MethodType.methodType(void.class, memory, offset, ByteOrder.class));
      load = MethodHandles.insertArguments(load, 3, ByteOrder.LITTLE_ENDIAN);
      load = MethodHandles.insertArguments(load, 0, SPECIES);
      store = MethodHandles.insertArguments(store, 3, ByteOrder.LITTLE_ENDIAN);
      LOAD = load.asType(MethodType.methodType(FloatVector.class, Object.class, int.class));
      STORE =
          store.asType(
              MethodType.methodType(void.class, FloatVector.class, Object.class, int.class));
      WRAP = wrap.asType(MethodType.methodType(Object.class, ByteBuffer.class));
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private VectorMemory() {}

  /** The memory of a direct buffer, in the form that load and store take. */
  static Object of(ByteBuffer buffer) {
    try {
      return (Object) WRAP.invokeExact(buffer);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  /** The vector at an index in floats. */
  static FloatVector load(Object memory, int index) {
    try {
      return (FloatVector) LOAD.invokeExact(memory, index << 2);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  /** Puts a vector at an index in floats. */
  static void store(FloatVector vector, Object memory, int index) {
    try {
      STORE.invokeExact(vector, memory, index << 2);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  private static RuntimeException unexpected(Throwable e) {
    if (e instanceof RuntimeException runtime) {
      return runtime;
    }
    if (e instanceof Error error) {
      throw error;
    }
    return new IllegalStateException(e);
  }
}
