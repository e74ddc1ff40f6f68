#include <metal_stdlib>
using namespace metal;

struct CloudUniforms {
    float4x4 matrix;
    float pointSize; // pixels, in the first view
};

struct CloudVertex {
    float4 position [[position]];
    float size [[point_size]];
    float3 colour;
};

struct CloudFragment {
    float4 position [[position]];
    float3 colour;
};

// Colours of photos are sRGB, the target is linear.
static float3 linearised(float3 c) {
    return select(pow((c + 0.055) / 1.055, 2.4), c / 12.92, c <= 0.04045);
}

vertex CloudVertex cloudVertex(uint id [[vertex_id]],
                               device const packed_float3 *positions [[buffer(0)]],
                               device const packed_uchar3 *colours [[buffer(1)]],
                               constant CloudUniforms &uniforms [[buffer(2)]]) {
    CloudVertex out;
    out.position = uniforms.matrix * float4(float3(positions[id]), 1);
    // Neighbours are as far apart as they are deep: seen from the camera, all are of one size.
    out.size = clamp(uniforms.pointSize * positions[id].z / max(out.position.w, 0.01), 1.0, 64.0);
    out.colour = linearised(float3(uchar3(colours[id])) / 255);
    return out;
}

fragment float4 cloudFragment(CloudFragment in [[stage_in]]) {
    return float4(in.colour, 1);
}
