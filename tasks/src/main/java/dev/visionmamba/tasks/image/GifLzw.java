package dev.visionmamba.tasks.image;

/**
 * GIF's variable-length LZW code (GIF89a specification, appendix F), refused unless it is whole.
 */
final class GifLzw {
  private static final int MAX_CODES = 1 << 12;

  private final byte[] data;
  private int position;
  private int bits;
  private int bitCount;

  private GifLzw(byte[] data) {
    this.data = data;
  }

  /**
   * Decodes colour indices.
   *
   * @param source names the image in errors
   * @param data the joined contents of the data blocks
   * @param indexBits bits of a colour index, 1 to 8 (GIF's "minimum code size")
   * @param count how many indices there must be; data after them is ignored
   */
  static byte[] decode(ByteSource source, byte[] data, int indexBits, int count)
      throws InvalidImageException {
    if (indexBits < 1 || indexBits > 8) {
      throw damaged(source, 0, count);
    }
    return new GifLzw(data).decode(source, indexBits, count);
  }

  private byte[] decode(ByteSource source, int indexBits, int count) throws InvalidImageException {
    byte[] indices = new byte[count];
    // A code's string is where it was first put out: each but the last index from an older code.
    int[] start = new int[MAX_CODES];
    int[] length = new int[MAX_CODES];
    int clear = 1 << indexBits;
    int next = clear + 2;
    int size = indexBits + 1;
    boolean first = true;
    int previousStart = 0;
    int previousLength = 0;
    int done = 0;
    while (done < count) {
      int code = read(size);
      if (code == clear) {
        next = clear + 2;
        size = indexBits + 1;
        first = true;
        continue;
      }
      boolean known = code >= 0 && (code < clear || !first && code > clear + 1 && code <= next);
      if (!known || code == next && next == MAX_CODES) {
        throw damaged(source, done, count);
      }
      if (!first && next < MAX_CODES) {
        // The previous string and the index that follows it, which is the next put out.
        start[next] = previousStart;
        length[next] = previousLength + 1;
        next++;
        if (next == 1 << size && size < 12) {
          size++;
        }
      }
      previousStart = done;
      if (code < clear) {
        previousLength = 1;
        indices[done++] = (byte) code;
      } else {
        previousLength = length[code];
        // One by one: the string may reach into itself.
        for (int i = 0; i < previousLength && done < count; i++) {
          indices[done++] = indices[start[code] + i];
        }
      }
      first = false;
    }
    return indices;
  }

  /** The next code, its lowest bit first, or -1 at the end. */
  private int read(int size) {
    while (bitCount < size) {
      if (position == data.length) {
        return -1;
      }
      bits |= (data[position++] & 0xff) << bitCount;
      bitCount += 8;
    }
    int code = bits & (1 << size) - 1;
    bits >>>= size;
    bitCount -= size;
    return code;
  }

  private static InvalidImageException damaged(ByteSource source, int done, int count) {
    return source.invalid(
        "the GIF's image data is damaged or ends early, after "
            + done
            + " of "
            + count
            + " pixels; fetch or save it again");
  }
}
