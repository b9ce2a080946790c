"""GLSL of the renderer: one lit program for everything, one for shadows, one for object ids, one for contact shade."""

VERTEX = """
#version 330
in vec3 position; in vec3 normal; in vec3 colour; in vec3 surface; in vec2 place;
uniform mat4 model; uniform mat4 view_projection;
out vec3 world; out vec3 facing; out vec3 tint; flat out vec3 finish; out vec2 uv;
void main() {
    vec4 at = model * vec4(position, 1.0);
    world = at.xyz;
    facing = mat3(model) * normal;
    tint = colour; finish = surface; uv = place;
    gl_Position = view_projection * at;
}
"""

# Sun with two shadow maps (standing things, moving things), sky light, sky reflection, haze, filmic tone curve.
FRAGMENT = """
#version 330
in vec3 world; in vec3 facing; in vec3 tint; flat in vec3 finish; in vec2 uv;
uniform vec3 eye; uniform vec3 sun; uniform vec3 sun_colour; uniform vec3 sky_colour; uniform vec3 haze_colour;
uniform float haze_per_m; uniform float exposure; uniform float shadow_softness; uniform float lamps[9];
uniform mat4 light; uniform int ground; uniform vec4 ground_area; uniform float wetness;
uniform sampler2DShadow still_shadow; uniform sampler2DShadow moving_shadow;
uniform sampler2D ground_map; uniform sampler2D detail_map; uniform sampler2D atlas;
out vec4 pixel;

const vec2 TAPS[6] = vec2[](
    vec2(-.33, .94), vec2(.80, .52), vec2(-.94, .05), vec2(.10, -.12), vec2(.72, -.66), vec2(-.42, -.86));

vec3 sky(vec3 d) {
    vec3 above = mix(haze_colour * 1.15, sky_colour * 1.4, pow(clamp(d.z, 0.0, 1.0), 0.55));
    vec3 street = haze_colour * 0.32;
    vec3 road = haze_colour * 0.22;
    vec3 low = mix(road, street, smoothstep(-0.25, 0.02, d.z));
    return mix(low, above, smoothstep(0.18, 0.42, d.z));
}

float sunlit(vec3 at, float slope) {
    vec3 place = (light * vec4(at, 1.0)).xyz * 0.5 + 0.5;
    float bias = mix(0.0006, 0.0002, slope);
    float sum = 0.0;
    for (int i = 0; i < 6; i++) {
        vec3 p = vec3(place.xy + TAPS[i] * shadow_softness, place.z - bias);
        sum += texture(still_shadow, p) * texture(moving_shadow, p);
    }
    return sum / 6.0;
}

void main() {
    vec3 view = normalize(eye - world);
    vec3 n = normalize(facing);
    if (dot(n, view) < 0.0) n = -n;
    vec3 albedo = pow(tint, vec3(2.2));
    float roughness = finish.y;
    if (ground == 1) {
        vec2 on_map = (world.xy - ground_area.xy) / ground_area.zw;
        albedo = pow(texture(ground_map, on_map, -0.8).rgb, vec3(2.2));
        float grain = texture(detail_map, world.xy * 0.9).r * 0.6 + texture(detail_map, world.xy * 0.13).r * 0.4;
        albedo *= 0.62 + 0.76 * grain;
        roughness = mix(0.92, 0.25, wetness * texture(detail_map, world.xy * 0.045).r);
    } else if (uv.x >= 0.0) {
        albedo = pow(texture(atlas, uv, -0.5).rgb, vec3(2.2));
    } else {
        float grime = texture(detail_map, world.yz * 0.21 + world.xx * 0.17).r;
        albedo *= 1.0 + (grime - 0.5) * 0.28 * smoothstep(0.3, 0.6, roughness);
    }
    float ndl = max(dot(n, sun), 0.0);
    float shadow = ndl > 0.0 ? sunlit(world + n * 0.05, ndl) : 0.0;
    float open = ground == 1 ? 1.0 : 0.40 + 0.60 * smoothstep(0.0, 1.1, world.z);
    vec3 bounce = haze_colour * 0.20 + sun_colour * max(sun.z, 0.0) * 0.055;
    vec3 ambient = mix(bounce, sky_colour, 0.5 + 0.5 * n.z) * open;
    vec3 lit = albedo * (sun_colour * ndl * shadow + ambient);
    vec3 mirror = reflect(-view, n);
    float fresnel = finish.x + (1.0 - finish.x) * pow(1.0 - max(dot(n, view), 0.0), 5.0);
    float gloss = (1.0 - roughness); gloss *= gloss;
    lit += sky(mirror) * fresnel * gloss * mix(0.5, 1.0, open);
    vec3 halfway = normalize(sun + view);
    float shine = exp2(10.0 * (1.0 - roughness) + 1.0);
    lit += sun_colour * shadow * fresnel * pow(max(dot(n, halfway), 0.0), shine) * (shine + 8.0) / 40.0 * ndl;
    int lamp = int(finish.z + 0.5);
    if (lamp >= 5 && lamp <= 7) lit *= 0.18;  // signal lenses are dark until lit
    if (lamp > 0) lit = lit * 0.7 + pow(tint, vec3(1.6)) * lamps[lamp];
    float far = length(eye - world);
    lit = mix(haze_colour, lit, exp(-far * haze_per_m));
    lit *= exposure;
    vec3 film = (lit * (2.51 * lit + 0.03)) / (lit * (2.43 * lit + 0.59) + 0.14);
    pixel = vec4(pow(clamp(film, 0.0, 1.0), vec3(1.0 / 2.2)), 1.0);
}
"""

SHADOW_VERTEX = """
#version 330
in vec3 position;
uniform mat4 model; uniform mat4 light;
void main() { gl_Position = light * model * vec4(position, 1.0); }
"""
SHADOW_FRAGMENT = """
#version 330
void main() { }
"""

ID_VERTEX = """
#version 330
in vec3 position;
uniform mat4 model; uniform mat4 view_projection;
void main() { gl_Position = view_projection * model * vec4(position, 1.0); }
"""
ID_FRAGMENT = """
#version 330
uniform float object_id;
out vec4 pixel;
void main() { pixel = vec4(object_id, 0.0, 0.0, 1.0); }
"""

# Contact shade: the dark, soft patch on the road under a vehicle, where the sky does not reach.
CONTACT_VERTEX = """
#version 330
in vec2 corner;
uniform mat4 model; uniform mat4 view_projection; uniform vec2 half_size;
out vec2 at;
void main() {
    at = corner * (half_size + 0.45);
    gl_Position = view_projection * model * vec4(at, 0.015, 1.0);
}
"""
CONTACT_FRAGMENT = """
#version 330
in vec2 at;
uniform vec2 half_size; uniform float strength;
out vec4 pixel;
void main() {
    vec2 outside = max(abs(at) - (half_size - 0.12), 0.0);
    float near = 1.0 - smoothstep(0.0, 0.5, length(outside));
    pixel = vec4(0.0, 0.0, 0.0, near * near * strength);
}
"""

# Shade that moving things throw on the ground, blended over the ground drawn once.
SHADE_VERTEX = """
#version 330
in vec3 position;
uniform mat4 view_projection; uniform mat4 light;
out vec3 place;
void main() {
    vec4 at = vec4(position, 1.0);
    place = (light * at).xyz * 0.5 + 0.5;
    gl_Position = view_projection * at;
}
"""
SHADE_FRAGMENT = """
#version 330
in vec3 place;
uniform sampler2DShadow still_shadow; uniform sampler2DShadow moving_shadow;
uniform float shadow_softness; uniform float strength;
out vec4 pixel;
const vec2 TAPS[4] = vec2[](vec2(-.5, .6), vec2(.6, .5), vec2(-.6, -.5), vec2(.5, -.6));
void main() {
    float lit = 0.0;
    for (int i = 0; i < 4; i++) {
        lit += texture(moving_shadow, vec3(place.xy + TAPS[i] * shadow_softness, place.z - 0.0003));
    }
    float sun = texture(still_shadow, vec3(place.xy, place.z - 0.0003));
    pixel = vec4(0.0, 0.0, 0.0, (1.0 - lit * 0.25) * sun * strength);
}
"""
