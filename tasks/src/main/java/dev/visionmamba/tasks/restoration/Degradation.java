package dev.visionmamba.tasks.restoration;

import dev.visionmamba.tasks.image.DeepImage;
import dev.visionmamba.tasks.image.Interpolation;
import dev.visionmamba.tasks.image.Levels;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Locale;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.ImageOutputStream;

/**
 * How a good picture becomes a bad one, from which a restorer learns the way back. The bad picture
 * has the good one's levels, rounded and cut as a file has them.
 *
 * @param kind what is done
 * @param amount of {@link Kind#SHRINK} how many times, of {@link Kind#NOISE} the standard deviation
 *     on the scale of 0 to 255, of {@link Kind#JPEG} the quality
 */
public record Degradation(Kind kind, int amount) {
  private static final Pattern NAME = Pattern.compile("(x|noise|jpeg)([1-9][0-9]{0,2})");

  /** What can be done to a picture. */
  public enum Kind {
    /** Made smaller by PIL's bicubic interpolation: {@code x2}. */
    SHRINK("x"),
    /** Gaussian noise on every level: {@code noise25}. */
    NOISE("noise"),
    /** Compressed as a baseline JPEG by the JDK's writer (IJG's tables): {@code jpeg40}. */
    JPEG("jpeg");

    private final String word;

    Kind(String word) {
      this.word = word;
    }
  }

  /**
   * Checks the amount.
   *
   * @throws IllegalArgumentException if it is out of its range: 2 to 8 for shrinking, 1 to 255 for
   *     noise, 1 to 100 for JPEG
   */
  public Degradation {
    int least = kind == Kind.SHRINK ? 2 : 1;
    int most =
        switch (kind) {
          case SHRINK -> 8;
          case NOISE -> 255;
          case JPEG -> 100;
        };
    if (amount < least || amount > most) {
      throw new IllegalArgumentException(
          "%s must have an amount of %d to %d, got %d".formatted(kind.word, least, most, amount));
    }
  }

  /**
   * The degradation of a name.
   *
   * @param name such as {@code x2}, {@code noise25} or {@code jpeg40}
   * @return the degradation
   * @throws IllegalArgumentException if it is none
   */
  public static Degradation of(String name) {
    Matcher matcher = NAME.matcher(name.toLowerCase(Locale.ROOT));
    if (matcher.matches()) {
      for (Kind kind : Kind.values()) {
        if (kind.word.equals(matcher.group(1))) {
          return new Degradation(kind, Integer.parseInt(matcher.group(2)));
        }
      }
    }
    throw new IllegalArgumentException(
        "a degradation is x2 (2 to 8), noise25 (1 to 255) or jpeg40 (1 to 100), got \""
            + name
            + '"');
  }

  /**
   * How many times larger the restored picture is than the bad one.
   *
   * @return 1 but for shrinking
   */
  public int scale() {
    return kind == Kind.SHRINK ? amount : 1;
  }

  /**
   * Makes a picture bad.
   *
   * @param picture the good one; to be shrunk, its sides must be multiples of the scale
   * @param random where noise comes from
   * @return the bad one; alpha is dropped
   * @throws IllegalArgumentException if a side is no multiple of the scale
   */
  public DeepImage apply(DeepImage picture, Random random) {
    DeepImage opaque = picture.opaque();
    return switch (kind) {
      case SHRINK -> shrunk(opaque);
      case NOISE -> noisy(opaque, random);
      case JPEG -> compressed(opaque);
    };
  }

  private DeepImage shrunk(DeepImage picture) {
    if (picture.width() % amount != 0 || picture.height() % amount != 0) {
      throw new IllegalArgumentException(
          "picture must have sides that are multiples of %d, got %s".formatted(amount, picture));
    }
    return picture.resize(
        picture.width() / amount, picture.height() / amount, Interpolation.BICUBIC);
  }

  private DeepImage noisy(DeepImage picture, Random random) {
    Levels levels = picture.levels();
    Levels noisy = Levels.allocate(levels.bits(), levels.length());
    double deviation = amount / 255.0 * levels.max();
    for (int i = 0; i < levels.length(); i++) {
      long level = Math.round(levels.get(i) + deviation * random.nextGaussian());
      noisy.set(i, (int) Math.max(0, Math.min(levels.max(), level)));
    }
    return new DeepImage(picture.width(), picture.height(), picture.colours(), false, noisy);
  }

  /** 8 bits, whatever the picture has. */
  private DeepImage compressed(DeepImage picture) {
    boolean grey = picture.colours() == 1;
    BufferedImage image =
        new BufferedImage(
            picture.width(),
            picture.height(),
            grey ? BufferedImage.TYPE_BYTE_GRAY : BufferedImage.TYPE_INT_RGB);
    int shift = picture.levels().bits() - 8;
    int[] pixel = new int[3];
    for (int y = 0; y < picture.height(); y++) {
      for (int x = 0; x < picture.width(); x++) {
        for (int c = 0; c < picture.colours(); c++) {
          pixel[c] = picture.level(x, y, c) >> shift;
        }
        image.getRaster().setPixel(x, y, pixel);
      }
    }
    ImageWriter writer = ImageIO.getImageWritersByFormatName("jpeg").next();
    try {
      ImageWriteParam parameters = writer.getDefaultWriteParam();
      parameters.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
      parameters.setCompressionQuality(amount / 100f);
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      try (ImageOutputStream out = ImageIO.createImageOutputStream(bytes)) {
        writer.setOutput(out);
        writer.write(null, new IIOImage(image, null, null), parameters);
      }
      return DeepImage.read(bytes.toByteArray(), "the compressed picture");
    } catch (IOException e) {
      throw new UncheckedIOException(e); // it is all in memory
    } finally {
      writer.dispose();
    }
  }

  /** Its name, as {@link #of} takes it. */
  @Override
  public String toString() {
    return kind.word + amount;
  }
}
