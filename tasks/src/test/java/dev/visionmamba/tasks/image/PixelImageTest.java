package dev.visionmamba.tasks.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.modality.cv.BufferedImageFactory;
import ai.djl.modality.cv.Image;
import ai.djl.modality.cv.ImageFactory;
import java.awt.image.BufferedImage;
import java.awt.image.WritableRaster;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.reflect.Proxy;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.opencv.core.CvType;
import org.opencv.core.Mat;

/** Pixels taken from and given to other image types. */
class PixelImageTest {
  private static final PixelImage IMAGE = random(7, 5);

  @BeforeAll
  static void openCvIsThere() {
    assertThat(ImageDecoder.openCvPresent()).isTrue();
  }

  private static PixelImage random(int width, int height) {
    byte[] rgb = new byte[3 * width * height];
    new Random(4).nextBytes(rgb);
    return new PixelImage(width, height, rgb);
  }

  @ParameterizedTest
  @ValueSource(
      ints = {
        BufferedImage.TYPE_INT_RGB,
        BufferedImage.TYPE_INT_ARGB,
        BufferedImage.TYPE_INT_ARGB_PRE,
        BufferedImage.TYPE_INT_BGR,
        BufferedImage.TYPE_3BYTE_BGR,
        BufferedImage.TYPE_4BYTE_ABGR,
        BufferedImage.TYPE_4BYTE_ABGR_PRE
      })
  void awtImagesOfEveryRgbTypeGiveTheirLevels(int type) {
    BufferedImage awt = new BufferedImage(12, 9, type);
    for (int y = 0; y < 5; y++) {
      for (int x = 0; x < 7; x++) {
        int at = 3 * (7 * y + x);
        int red = IMAGE.rgb()[at] & 0xff;
        int green = IMAGE.rgb()[at + 1] & 0xff;
        int blue = IMAGE.rgb()[at + 2] & 0xff;
        awt.setRGB(3 + x, 2 + y, 0xff << 24 | red << 16 | green << 8 | blue);
      }
    }
    assertThat(PixelImage.of(awt.getSubimage(3, 2, 7, 5))).isEqualTo(IMAGE);
  }

  @Test
  void greyLevelsAreNotShifted() {
    for (int type : new int[] {BufferedImage.TYPE_BYTE_GRAY, BufferedImage.TYPE_USHORT_GRAY}) {
      BufferedImage grey = new BufferedImage(16, 16, type);
      WritableRaster raster = grey.getRaster();
      for (int level = 0; level < 256; level++) {
        int stored = type == BufferedImage.TYPE_BYTE_GRAY ? level : level << 8 | 0x9c;
        raster.setSample(level % 16, level / 16, 0, stored);
      }
      byte[] rgb = PixelImage.of(grey).rgb();
      for (int i = 0; i < rgb.length; i++) {
        assertThat(rgb[i] & 0xff).as("type %d", type).isEqualTo(i / 3);
      }
    }
  }

  @Test
  void palettesAndPackedLevelsAreLookedUp() {
    BufferedImage indexed = new BufferedImage(16, 16, BufferedImage.TYPE_BYTE_INDEXED);
    BufferedImage packed = new BufferedImage(16, 16, BufferedImage.TYPE_USHORT_555_RGB);
    Random random = new Random(5);
    for (int i = 0; i < 256; i++) {
      indexed.getRaster().setSample(i % 16, i / 16, 0, i);
      packed.setRGB(i % 16, i / 16, random.nextInt());
    }
    byte[] looked = PixelImage.of(indexed).rgb();
    byte[] unpacked = PixelImage.of(packed).rgb();
    for (int i = 0; i < 256; i++) {
      int colour = indexed.getRGB(i % 16, i / 16);
      assertThat(looked[3 * i]).isEqualTo((byte) (colour >> 16));
      assertThat(looked[3 * i + 1]).isEqualTo((byte) (colour >> 8));
      assertThat(looked[3 * i + 2]).isEqualTo((byte) colour);
      int green = packed.getRaster().getSample(i % 16, i / 16, 1);
      assertThat(unpacked[3 * i + 1] & 0xff).isEqualTo(green * 255 / 31);
    }
  }

  @Test
  void goesToAwtAndBack() {
    BufferedImage awt = IMAGE.toBufferedImage();
    assertThat(awt.getType()).isEqualTo(BufferedImage.TYPE_3BYTE_BGR);
    assertThat(awt.getRGB(0, 0) >> 16 & 0xff).isEqualTo(IMAGE.rgb()[0] & 0xff);
    assertThat(PixelImage.of(awt)).isEqualTo(IMAGE);
  }

  @Test
  void djlImagesOfBothFactoriesGiveTheirPixels() throws Exception {
    ImageFactory openCv =
        (ImageFactory)
            Class.forName("ai.djl.opencv.OpenCVImageFactory").getConstructor().newInstance();
    for (String name : new String[] {"png-filters.png", "png-1x1-grey.png"}) {
      PixelImage expected = ImageDecoder.decode(Fixtures.encoded(name), name);
      for (ImageFactory factory : new ImageFactory[] {new BufferedImageFactory(), openCv}) {
        Image image = factory.fromInputStream(new ByteArrayInputStream(Fixtures.encoded(name)));
        assertThat(PixelImage.of(image)).as("%s %s", name, factory).isEqualTo(expected);
      }
    }
  }

  @Test
  void foreignDjlImagesGoThroughTheirPng() {
    byte[] png = Fixtures.encoded("png-filters.png");
    assertThat(PixelImage.of(foreign(png)).rgb())
        .isEqualTo(Fixtures.decoded("png-filters.png").levels());
    assertThatThrownBy(() -> PixelImage.of(foreign(new byte[3])))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("Can not take the pixels");
  }

  /** A DJL image that can only be saved. */
  private static Image foreign(byte[] png) {
    return (Image)
        Proxy.newProxyInstance(
            Image.class.getClassLoader(),
            new Class<?>[] {Image.class},
            (proxy, method, arguments) -> {
              switch (method.getName()) {
                case "getWrappedImage":
                  return "pixels of its own";
                case "save":
                  ((OutputStream) arguments[0]).write(png);
                  return null;
                default:
                  throw new UnsupportedOperationException(method.getName());
              }
            });
  }

  @Test
  void openCvMatricesOfEveryChannelCountGiveTheirPixels() {
    for (int channels : new int[] {1, 3, 4}) {
      Mat mat = new Mat(2, 1, CvType.CV_8UC(channels));
      byte[] levels = new byte[2 * channels];
      for (int i = 0; i < levels.length; i++) {
        levels[i] = (byte) (i + 1);
      }
      mat.put(0, 0, levels);
      byte[] expected =
          switch (channels) {
            case 1 -> new byte[] {1, 1, 1, 2, 2, 2};
            case 3 -> new byte[] {3, 2, 1, 6, 5, 4};
            default -> new byte[] {3, 2, 1, 7, 6, 5};
          };
      assertThat(OpenCvPixels.rgb(mat)).as("%d channels", channels).isEqualTo(expected);
      mat.release();
    }
    Mat deep = new Mat(2, 2, CvType.CV_16UC3);
    assertThat(OpenCvPixels.rgb(deep)).isNull();
    deep.release();
  }

  @Test
  void sizesAreChecked() throws IOException {
    assertThatThrownBy(() -> new PixelImage(0, 1, new byte[0]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("0x1");
    assertThatThrownBy(() -> new PixelImage(2, 2, new byte[11]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("takes 12 bytes, got 11");
    assertThat(IMAGE).isNotEqualTo(random(5, 7)).hasToString("PixelImage[7x5]");
    assertThat(IMAGE.hashCode()).isEqualTo(random(7, 5).hashCode());
  }
}
