package dev.visionmamba.tasks;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import dev.visionmamba.backbones.layers.HostMemory;
import dev.visionmamba.heads.restoration.Restorer;
import dev.visionmamba.tasks.restoration.Tile;
import dev.visionmamba.tasks.restoration.TileFunction;
import dev.visionmamba.zoo.RestorerModel;

/**
 * A network as a function of tiles of any colours: one for grey restores each colour by itself, one
 * for colours is given grey three times, and its answers are averaged.
 */
final class RestorerTiles implements TileFunction {
  private final RestorerModel model;

  RestorerTiles(RestorerModel model) {
    this.model = model;
  }

  @Override
  public Tile restore(Tile tile) {
    Restorer network = model.network();
    int plane = tile.height() * tile.width();
    int scale = network.scale();
    int resultPlane = scale * scale * plane;
    float[] result = new float[tile.channels() * resultPlane];
    if (network.channels() == tile.channels()) {
      restore(tile, tile.levels(), 0, network.channels(), result, 0);
    } else if (network.channels() == 1) {
      for (int c = 0; c < tile.channels(); c++) {
        restore(tile, tile.levels(), c * plane, 1, result, c * resultPlane);
      }
    } else {
      int channels = network.channels();
      float[] repeated = new float[channels * plane];
      for (int c = 0; c < channels; c++) {
        System.arraycopy(tile.levels(), 0, repeated, c * plane, plane);
      }
      float[] colours = new float[channels * resultPlane];
      restore(tile, repeated, 0, channels, colours, 0);
      for (int i = 0; i < resultPlane; i++) {
        float sum = 0;
        for (int c = 0; c < channels; c++) {
          sum += colours[c * resultPlane + i];
        }
        result[i] = sum / channels;
      }
    }
    return new Tile(tile.channels(), scale * tile.height(), scale * tile.width(), result);
  }

  private void restore(
      Tile tile, float[] from, int offset, int channels, float[] to, int resultOffset) {
    Shape shape = new Shape(1, channels, tile.height(), tile.width());
    try (NDManager manager = model.djlModel().getNDManager().newSubManager()) {
      int count = Math.toIntExact(shape.size());
      NDArray images = HostMemory.write(manager, shape, levels -> levels.put(from, offset, count));
      NDArray restored = model.network().forward(new ParameterStore(manager, false), images, false);
      HostMemory.read(restored, to, resultOffset);
    }
  }
}
