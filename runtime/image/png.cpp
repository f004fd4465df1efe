//===- png.cpp - PNG through libpng's progressive reader ------------------===//
//
// libpng is pushed the whole file and calls back for each row, so rows that
// are complete when the data ends are known.  Pillow accepts a file once all
// are; so does this.  Ancillary chunks never reach libpng's parsers.
//
//===----------------------------------------------------------------------===//

#include "runtime/image/formats.h"

#include <cstdio>
#include <new>
#include <string>

#include <png.h>

using namespace cvt::image;

namespace {

/// libpng reports an error by jumping to the setjmp in run().  The frames
/// between the two hold nothing with a destructor; all that has one is a
/// member.  No exception may pass through libpng's C code either.
class PngDecoder {
public:
  explicit PngDecoder(Bytes file) : file(file) {}
  PngDecoder(const PngDecoder &) = delete;
  PngDecoder &operator=(const PngDecoder &) = delete;
  ~PngDecoder() { png_destroy_read_struct(&png, &info, nullptr); }

  Result<Decoded> run();

private:
  static PngDecoder &of(png_structp png) {
    return *static_cast<PngDecoder *>(png_get_progressive_ptr(png));
  }
  static void onError(png_structp png, png_const_charp message);
  static void ignoreWarning(png_structp, png_const_charp) {}
  static void onHeader(png_structp png, png_infop);
  static void onRow(png_structp png, png_bytep row, png_uint_32 y, int pass);
  static void clip16Bits(png_structp, png_row_infop info, png_bytep row);

  void push();
  bool acceptHeader();
  void chooseTransforms();
  void allocate();
  void takeRow(png_bytep row, png_uint_32 y, int pass);

  Bytes file;
  png_structp png = nullptr;
  png_infop info = nullptr;
  Image image;
  bool interlaced = false;
  /// Rows of all passes that hold pixels, and how many have not arrived.
  int64_t rowsMissing = -1;
  /// Why the picture is refused, where it is not libpng that does.
  Status refusal;
  bool outOfMemory = false;
  char reason[256] = "it ends before the picture does";
};

} // namespace

void PngDecoder::onError(png_structp png, png_const_charp message) {
  auto *decoder = static_cast<PngDecoder *>(png_get_error_ptr(png));
  std::snprintf(decoder->reason, sizeof decoder->reason, "%s", message);
  png_longjmp(png, 1);
}

/// Checks the size, and whether the file can hold so much: deflate makes at
/// most 1032 bytes of one.  libpng's buffers hold whole rows, and an interlaced
/// picture needs all of its memory before the first row.
bool PngDecoder::acceptHeader() {
  int64_t width = png_get_image_width(png, info);
  int64_t height = png_get_image_height(png, info);
  refusal = checkSize(width, height);
  if (refusal)
    return false;
  int64_t bitsPerPixel =
      int64_t(png_get_bit_depth(png, info)) * png_get_channels(png, info);
  if (width * height * bitsPerPixel / 8 / 1032 > int64_t(file.size())) {
    refusal = Error{"the PNG data ends early: " + std::to_string(file.size()) +
                    " bytes cannot hold " + std::to_string(width) + " x " +
                    std::to_string(height) + " pixels"};
    return false;
  }
  image.width = int(width);
  image.height = int(height);
  return true;
}

/// Pillow clips 16-bit grey at 255, where colour keeps its high byte.
void PngDecoder::clip16Bits(png_structp, png_row_infop info, png_bytep row) {
  for (size_t i = 0; i < info->rowbytes / 2; ++i)
    row[i] = row[2 * i] ? 255 : row[2 * i + 1];
}

/// Asks libpng for 8-bit RGB whatever the file holds, with alpha stripped:
/// colours stay as they are stored.  A palette expands to alpha, too, if there
/// is a tRNS chunk.
void PngDecoder::chooseTransforms() {
  int colorType = png_get_color_type(png, info);
  int depth = png_get_bit_depth(png, info);
  if (colorType == PNG_COLOR_TYPE_PALETTE)
    png_set_palette_to_rgb(png);
  if (colorType == PNG_COLOR_TYPE_GRAY && depth < 8)
    png_set_expand_gray_1_2_4_to_8(png);
  if (colorType & PNG_COLOR_MASK_ALPHA || colorType == PNG_COLOR_TYPE_PALETTE)
    png_set_strip_alpha(png);
  if (!(colorType & PNG_COLOR_MASK_COLOR))
    png_set_gray_to_rgb(png);
  if (depth == 16 && colorType == PNG_COLOR_TYPE_GRAY) {
    png_set_read_user_transform_fn(png, clip16Bits);
    png_set_user_transform_info(png, nullptr, 8, 3);
  } else if (depth == 16) {
    png_set_strip_16(png);
  }
}

/// Without interlacing, memory is used as rows arrive.
void PngDecoder::allocate() {
  size_t bytes = size_t(image.height) * image.rowBytes();
  if (interlaced)
    image.pixels.resize(bytes);
  else
    image.pixels.reserve(bytes);
}

void PngDecoder::onHeader(png_structp png, png_infop) {
  PngDecoder &decoder = of(png);
  try {
    if (decoder.acceptHeader()) {
      decoder.interlaced =
          png_get_interlace_type(png, decoder.info) == PNG_INTERLACE_ADAM7;
      decoder.allocate();
    }
  } catch (const std::bad_alloc &) {
    decoder.outOfMemory = true;
  }
  if (decoder.refusal || decoder.outOfMemory)
    png_error(png, "refused");

  decoder.chooseTransforms();
  decoder.rowsMissing = decoder.image.height;
  if (decoder.interlaced) {
    png_set_interlace_handling(png);
    decoder.rowsMissing = 0;
    for (int pass = 0; pass < PNG_INTERLACE_ADAM7_PASSES; ++pass)
      if (PNG_PASS_COLS(decoder.image.width, pass) > 0)
        decoder.rowsMissing += PNG_PASS_ROWS(decoder.image.height, pass);
  }
  png_read_update_info(png, decoder.info);
  if (png_get_rowbytes(png, decoder.info) != decoder.image.rowBytes())
    png_error(png, "its rows do not become 8-bit RGB");
}

/// `row` is null where a pass only repeats what the picture already holds.
void PngDecoder::takeRow(png_bytep row, png_uint_32 y, int pass) {
  if (!row || int64_t(y) >= image.height)
    return;
  if (!interlaced) {
    image.pixels.insert(image.pixels.end(), row, row + image.rowBytes());
    --rowsMissing;
    return;
  }
  png_progressive_combine_row(png, image.row(int(y)), row);
  if (PNG_ROW_IN_INTERLACE_PASS(y, pass))
    --rowsMissing;
}

void PngDecoder::onRow(png_structp png, png_bytep row, png_uint_32 y,
                       int pass) {
  of(png).takeRow(row, y, pass);
}

void PngDecoder::push() {
  info = png_create_info_struct(png);
  if (!info)
    png_error(png, "out of memory");
  // Everything but the chunks that pixels depend on is skipped unread.
  png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, nullptr, -1);
  png_set_user_limits(png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
  png_set_progressive_read_fn(png, this, onHeader, onRow, nullptr);
  // libpng does not write to what it is pushed.
  png_process_data(png, info, const_cast<png_bytep>(data(file)), file.size());
}

Result<Decoded> PngDecoder::run() {
  png = png_create_read_struct(PNG_LIBPNG_VER_STRING, this, onError,
                               ignoreWarning);
  if (!png)
    throw std::bad_alloc();
  if (!setjmp(png_jmpbuf(png)))
    push();
  // What follows the last row is nobody's concern, so an error there is none.
  if (rowsMissing == 0)
    return Decoded{std::move(image), pngOrientation(file)};
  if (outOfMemory)
    throw std::bad_alloc();
  if (refusal)
    return *refusal;
  return Error{std::string("the PNG data is damaged or ends early: ") + reason};
}

Result<Decoded> cvt::image::decodePng(Bytes file) {
  return PngDecoder(file).run();
}
