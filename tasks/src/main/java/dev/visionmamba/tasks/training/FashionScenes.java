package dev.visionmamba.tasks.training;

import dev.visionmamba.tasks.annotations.CocoAnnotation;
import dev.visionmamba.tasks.annotations.CocoCategory;
import dev.visionmamba.tasks.annotations.CocoDataset;
import dev.visionmamba.tasks.annotations.CocoImage;
import dev.visionmamba.tasks.annotations.CocoSegmentation;
import dev.visionmamba.tasks.annotations.Instance;
import dev.visionmamba.tasks.annotations.LabelMap;
import dev.visionmamba.tasks.annotations.RunLengthMask;
import dev.visionmamba.tasks.image.PixelImage;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.zip.CRC32;

/**
 * A small data set for detection and segmentation: scenes of 128 x 128 pixels with one to five
 * garments of Fashion-MNIST at random places, in random sizes, brightness and tints, over textured
 * grounds, some of them partly behind others. Each garment has a box, a label, the mask of its
 * visible pixels, and each pixel a label. The masks are exact: a pixel shows the garment whose mask
 * has it.
 *
 * <p>A scene is made when it is asked for, the same on every machine: it depends on the garments'
 * pictures, the seed and the scene's index alone. A garment that would hide more than half of
 * another is put elsewhere or left out. Half of the garments are mirrored, left to right, so that
 * mirroring whole scenes in training changes nothing of what a scene may look like; it is on by
 * default for segmenters and detectors alike ({@link TrainingOptions#DENSE}). Safe for use by
 * several threads.
 */
public final class FashionScenes {
  /** Rows and columns of a scene. */
  public static final int SIZE = 128;

  /** The most garments in a scene. */
  public static final int MOST_GARMENTS = 5;

  /** How many scenes the test has. */
  public static final int TEST_COUNT = 1000;

  /** The seed of the test's scenes. */
  public static final long TEST_SEED = 20_170_825;

  private static final int SMALLEST_SIDE = 30;
  private static final int LARGEST_SIDE = 76;
  private static final double LEAST_VISIBLE = 0.5;
  private static final int MOST_TRIES = 12;
  private static final double NOISE = 4;

  private final LabelledImages garments;
  private final int count;
  private final long seed;

  private FashionScenes(LabelledImages garments, int count, long seed) {
    this.garments = garments;
    this.count = count;
    this.seed = seed;
  }

  /**
   * A scene.
   *
   * @param picture its pixels
   * @param garments what is in it, from the back to the front; labels are Fashion-MNIST's
   * @param labels the class of every pixel, as {@link FashionScenes#pixelClassNames} counts them
   */
  public record Scene(PixelImage picture, List<Instance> garments, LabelMap labels) {

    /** Keeps a copy of the list. */
    public Scene {
      garments = List.copyOf(garments);
    }
  }

  /**
   * Scenes to learn from, with the garments of Fashion-MNIST's training images.
   *
   * @param directory the folder of Fashion-MNIST's files
   * @param count how many scenes, at least 0
   * @param seed which ones
   * @return the scenes
   * @throws DataSetException if the files cannot be used
   * @throws IllegalArgumentException if the count is below 0
   */
  public static FashionScenes train(Path directory, int count, long seed) throws DataSetException {
    return of(FashionMnist.load(directory, FashionMnist.Split.TRAIN), count, seed);
  }

  /**
   * The {@value #TEST_COUNT} scenes to measure on, always the same, with the garments of
   * Fashion-MNIST's test images.
   *
   * @param directory the folder of Fashion-MNIST's files
   * @return the scenes
   * @throws DataSetException if the files cannot be used
   */
  public static FashionScenes test(Path directory) throws DataSetException {
    return of(FashionMnist.load(directory, FashionMnist.Split.TEST), TEST_COUNT, TEST_SEED);
  }

  /**
   * Scenes of any garments.
   *
   * @param garments bright on black
   * @param count how many scenes, at least 0
   * @param seed which ones
   * @return the scenes
   * @throws IllegalArgumentException if the count is below 0, or there are no garments
   */
  public static FashionScenes of(LabelledImages garments, int count, long seed) {
    if (count < 0) {
      throw new IllegalArgumentException("the count of scenes must be at least 0, got " + count);
    }
    if (garments.count() == 0) {
      throw new IllegalArgumentException("scenes take at least one picture of a garment");
    }
    return new FashionScenes(garments, count, seed);
  }

  /**
   * How many scenes there are.
   *
   * @return at least 0
   */
  public int count() {
    return count;
  }

  /**
   * The classes of pixels: the background, and the garments, one higher than their own labels.
   *
   * @return the names by label
   */
  public List<String> pixelClassNames() {
    List<String> names = new ArrayList<>();
    names.add("background");
    names.addAll(garments.classNames());
    return List.copyOf(names);
  }

  /**
   * Makes a scene.
   *
   * @param index which one, 0 to count - 1
   * @return the same whenever it is asked for
   * @throws IndexOutOfBoundsException if there is no such scene
   */
  public Scene scene(int index) {
    Objects.checkIndex(index, count);
    return new Stage(garments, new SceneRandom(seed, index)).scene();
  }

  /** A scene in the making. */
  private static final class Stage {
    private final LabelledImages images;
    private final SceneRandom random;
    private final byte[] rgb;

    /** Which garment each pixel shows, from 1; 0 for the ground. */
    private final byte[] shown = new byte[SIZE * SIZE];

    private final int[] areas = new int[MOST_GARMENTS + 1];
    private final int[] visible = new int[MOST_GARMENTS + 1];
    private final int[] labels = new int[MOST_GARMENTS + 1];
    private int placed;

    Stage(LabelledImages images, SceneRandom random) {
      this.images = images;
      this.random = random;
      this.rgb = Backdrop.draw(random, SIZE);
    }

    Scene scene() {
      int wanted = 1 + random.below(MOST_GARMENTS);
      for (int i = 0; i < wanted; i++) {
        add();
      }
      for (int i = 0; i < rgb.length; i++) {
        rgb[i] = level((rgb[i] & 0xff) + random.between(-NOISE, NOISE));
      }
      byte[] classes = new byte[shown.length];
      for (int i = 0; i < classes.length; i++) {
        classes[i] = (byte) (shown[i] == 0 ? 0 : labels[shown[i]] + 1);
      }
      List<Instance> instances = new ArrayList<>();
      for (int garment = 1; garment <= placed; garment++) {
        boolean[] mask = new boolean[shown.length];
        for (int i = 0; i < mask.length; i++) {
          mask[i] = shown[i] == garment;
        }
        instances.add(Instance.of(labels[garment], RunLengthMask.of(SIZE, SIZE, mask)));
      }
      return new Scene(
          new PixelImage(SIZE, SIZE, rgb), instances, new LabelMap(SIZE, SIZE, classes));
    }

    /** Puts one more garment in front, if there is a place for it. */
    private void add() {
      Garment cut = Garment.cut(images, random.below(images.count()));
      int side = (int) random.between(SMALLEST_SIDE, LARGEST_SIDE + 1);
      boolean mirror = random.below(2) == 1;
      double brightness = random.between(0.55, 1.05);
      double[] tint = {random.between(0.75, 1), random.between(0.75, 1), random.between(0.75, 1)};
      if (cut == null) {
        return;
      }
      Garment garment = mirror ? cut.scaled(side).mirrored() : cut.scaled(side);
      for (int attempt = 0; attempt < MOST_TRIES; attempt++) {
        int left = random.below(SIZE - garment.width() + 1);
        int top = random.below(SIZE - garment.height() + 1);
        if (leavesOthersVisible(garment, left, top)) {
          paint(garment, left, top, brightness, tint);
          return;
        }
      }
    }

    private boolean leavesOthersVisible(Garment garment, int left, int top) {
      int[] hidden = new int[MOST_GARMENTS + 1];
      for (int i = 0; i < garment.inside().length; i++) {
        if (garment.inside()[i]) {
          hidden[shown[at(garment, i, left, top)]]++;
        }
      }
      for (int other = 1; other <= placed; other++) {
        if (visible[other] - hidden[other] < LEAST_VISIBLE * areas[other]) {
          return false;
        }
      }
      return true;
    }

    private static int at(Garment garment, int i, int left, int top) {
      return (top + i / garment.width()) * SIZE + left + i % garment.width();
    }

    private void paint(Garment garment, int left, int top, double brightness, double[] tint) {
      placed++;
      labels[placed] = garment.label();
      areas[placed] = garment.area();
      visible[placed] = areas[placed];
      for (int i = 0; i < garment.inside().length; i++) {
        if (garment.inside()[i]) {
          int pixel = at(garment, i, left, top);
          visible[shown[pixel]]--;
          shown[pixel] = (byte) placed;
          // Never quite black: dark garments are seen on dark grounds.
          double grey = brightness * (30 + (garment.levels()[i] & 0xff) * 225 / 255.0);
          for (int c = 0; c < 3; c++) {
            rgb[3 * pixel + c] = level(grey * tint[c]);
          }
        }
      }
    }

    private static byte level(double value) {
      return (byte) Math.max(0, Math.min(255, Math.rint(value)));
    }
  }

  /**
   * The scenes for detection; the classes are Fashion-MNIST's.
   *
   * @return the same scenes
   */
  public DetectionDataset detection() {
    return new DetectionDataset() {
      @Override
      public int count() {
        return count;
      }

      @Override
      public List<String> classNames() {
        return garments.classNames();
      }

      @Override
      public DetectionExample example(int index) {
        Scene scene = scene(index);
        return new DetectionExample(index, scene.picture(), scene.garments());
      }

      @Override
      public String identity() {
        return FashionScenes.this.identity();
      }
    };
  }

  /**
   * The scenes for segmentation; the classes are {@link #pixelClassNames}.
   *
   * @return the same scenes
   */
  public SegmentationDataset segmentation() {
    return new SegmentationDataset() {
      @Override
      public int count() {
        return count;
      }

      @Override
      public List<String> classNames() {
        return pixelClassNames();
      }

      @Override
      public SegmentationExample example(int index) {
        Scene scene = scene(index);
        return new SegmentationExample(scene.picture(), scene.labels());
      }

      @Override
      public String identity() {
        return FashionScenes.this.identity();
      }
    };
  }

  /**
   * The scenes' annotations, for a COCO file. Pictures have their index as number and are called
   * {@code 000012.png}; categories have the garment's label + 1.
   *
   * @return all scenes; makes each of them once
   */
  public CocoDataset coco() {
    List<CocoImage> images = new ArrayList<>();
    List<CocoCategory> categories = new ArrayList<>();
    List<CocoAnnotation> annotations = new ArrayList<>();
    for (int label = 0; label < garments.classNames().size(); label++) {
      categories.add(new CocoCategory(label + 1L, garments.classNames().get(label)));
    }
    for (int index = 0; index < count; index++) {
      images.add(new CocoImage(index, String.format(Locale.ROOT, "%06d.png", index), SIZE, SIZE));
      for (Instance garment : scene(index).garments()) {
        annotations.add(
            new CocoAnnotation(
                annotations.size() + 1L,
                index,
                garment.label() + 1L,
                garment.box(),
                garment.area(),
                false,
                new CocoSegmentation.Runs(garment.mask())));
      }
    }
    return CocoDataset.of(images, categories, annotations);
  }

  /**
   * What tells these scenes from others.
   *
   * @return a short text; equal for equal scenes
   */
  public String identity() {
    CRC32 sum = new CRC32();
    for (int i = 0; i < garments.count(); i++) {
      sum.update(garments.image(i));
    }
    return String.format(
        Locale.ROOT,
        "%d fashion scenes, seed %d, of %s, pixels %08x",
        count,
        seed,
        garments.identity(),
        sum.getValue());
  }
}
