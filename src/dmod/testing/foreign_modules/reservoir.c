/* A linear reservoir, dS/dt = P - S / k, solved exactly over each step, as a module in C.

   Its configuration has a line "k storage behaviour"; the behaviour says what it does wrong, "well" for nothing.
   Inputs: rain [m h-1] (double), weight (float), mode (int). Outputs: outflow [m], storage [m] (double),
   hot (float, copy of weight), steps (int), profile (double, several places). */

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "interface.h"

#define STEP 3600.0

typedef struct {
  double rain, outflow, storage, k, time;
  float weight, hot;
  int mode, steps, places;
  double profile[16];
  double elsewhere[2];
  char behaviour[64];
} Reservoir;

typedef struct {
  const char *name, *type, *units;
  int size, grid;
  size_t at;
  int role; /* 0 input, 1 output, 2 parameter */
} Variable;

static const Variable variables[] = {
    {"rain", "double", "m h-1", 8, 0, offsetof(Reservoir, rain), 0},
    {"weight", "float", "1", 4, 0, offsetof(Reservoir, weight), 0},
    {"mode", "int", "none", 4, 0, offsetof(Reservoir, mode), 0},
    {"outflow", "double", "m", 8, 0, offsetof(Reservoir, outflow), 1},
    {"storage", "double", "m", 8, 0, offsetof(Reservoir, storage), 1},
    {"hot", "float", "1", 4, 0, offsetof(Reservoir, hot), 1},
    {"steps", "int", "1", 4, 0, offsetof(Reservoir, steps), 1},
    {"profile", "double", "m", 8, 1, offsetof(Reservoir, profile), 1},
    {"k", "double", "h", 8, 0, offsetof(Reservoir, k), 2},
};
#define VARIABLES (int)(sizeof variables / sizeof variables[0])

static const Variable *find(const char *name) {
  for (int i = 0; i < VARIABLES; ++i)
    if (!strcmp(variables[i].name, name)) return &variables[i];
  return NULL;
}

static Reservoir *of(Table *self) { return self->data; }
static int acts(Table *self, const char *behaviour) { return !strcmp(of(self)->behaviour, behaviour); }
static int places(Table *self, const Variable *variable) { return variable->grid == 1 ? of(self)->places : 1; }

static int initialize(Table *self, const char *path) {
  Reservoir *it = of(self);
  FILE *file = fopen(path, "r");
  if (!file) return 2;
  int read = fscanf(file, "%lf %lf %63s", &it->k, &it->storage, it->behaviour);
  fclose(file);
  it->places = 3;
  return read == 3 && it->k > 0 ? 0 : 3;
}

static void advance(Reservoir *it, double seconds) {
  double hours = seconds / 3600.0, full = it->rain * it->k;
  double next = full + (it->storage - full) * exp(-hours / it->k);
  it->outflow = it->rain * hours - (next - it->storage);
  it->storage = next;
  it->hot = it->weight;
  it->time += seconds;
  it->steps += 1;
  for (int i = 0; i < it->places; ++i) it->profile[i] = it->storage * i;
}

/* where outflow lies besides: in one place, in two by turns, or in another one from the fourth step on */
static int place(Table *self) { return acts(self, "swaps") ? of(self)->steps % 2 : of(self)->steps >= 4; }

static int update(Table *self) {
  Reservoir *it = of(self);
  if (acts(self, "fails-at-5") && it->steps == 5) return 7;
  if (acts(self, "crashes-at-5") && it->steps == 5) *(volatile int *)8 = 1;
  if (acts(self, "exits-at-5") && it->steps == 5) exit(3);
  while (acts(self, "hangs-at-5") && it->steps == 5) {}
  advance(it, STEP);
  if (acts(self, "not-a-number") && it->steps == 4) it->outflow = NAN;
  if (acts(self, "grows") && it->steps == 4) it->places = 9;
  it->elsewhere[place(self)] = it->outflow;
  return 0;
}

static int update_until(Table *self, double time) {
  if (time < of(self)->time) return 4;
  advance(of(self), time - of(self)->time);
  return 0;
}

static int finalize(Table *self) {
  free(self->data);
  self->data = NULL;
  return 0;
}

static int component_name(Table *self, char *to) { (void)self; strcpy(to, "reservoir"); return 0; }

static int count(int role, int *to) {
  *to = 0;
  for (int i = 0; i < VARIABLES; ++i) *to += variables[i].role == role;
  return 0;
}
static int names(int role, char **to) {
  for (int i = 0, n = 0; i < VARIABLES; ++i)
    if (variables[i].role == role) strcpy(to[n++], variables[i].name);
  return 0;
}
static int input_count(Table *self, int *to) { (void)self; return count(0, to); }
static int output_count(Table *self, int *to) { (void)self; return count(1, to); }
static int input_names(Table *self, char **to) { (void)self; return names(0, to); }
static int output_names(Table *self, char **to) { (void)self; return names(1, to); }

static int var_grid(Table *self, const char *name, int *to) {
  const Variable *variable = find(name);
  (void)self;
  if (!variable) return 1;
  *to = variable->grid;
  return 0;
}
static int var_type(Table *self, const char *name, char *to) {
  const Variable *variable = find(name);
  if (!variable) return 1;
  strcpy(to, acts(self, "strange-type") && !strcmp(name, "outflow") ? "quaternion" : variable->type);
  return 0;
}
static int var_units(Table *self, const char *name, char *to) {
  const Variable *variable = find(name);
  if (!variable) return 1;
  strcpy(to, acts(self, "lies-about-units") && !strcmp(name, "outflow") ? "furlongs\xff" : variable->units);
  return 0;
}
static int var_itemsize(Table *self, const char *name, int *to) {
  const Variable *variable = find(name);
  if (!variable) return 1;
  *to = acts(self, "strange-size") && !strcmp(name, "outflow") ? 5 : variable->size;
  return 0;
}
static int var_nbytes(Table *self, const char *name, int *to) {
  const Variable *variable = find(name);
  if (!variable) return 1;
  *to = variable->size * places(self, variable);
  if (acts(self, "odd-bytes") && variable->role == 1) *to += 1;
  if (acts(self, "overruns") && variable->grid == 1) *to = variable->size;
  return 0;
}
static int var_location(Table *self, const char *name, char *to) { (void)self; (void)name; strcpy(to, "node"); return 0; }

static int current_time(Table *self, double *to) { *to = of(self)->time; return 0; }
static int start_time(Table *self, double *to) { (void)self; *to = 0; return 0; }
static int end_time(Table *self, double *to) { (void)self; *to = 100 * STEP; return 0; }
static int time_units(Table *self, char *to) { (void)self; strcpy(to, "s"); return 0; }
static int time_step(Table *self, double *to) { (void)self; *to = STEP; return 0; }

static int value_ptr(Table *self, const char *name, void **to) {
  const Variable *variable = find(name);
  if (!variable) return 1;
  *to = (char *)self->data + variable->at;
  if (!strcmp(name, "outflow") && (acts(self, "swaps") || acts(self, "moves")))
    *to = &of(self)->elsewhere[place(self)];
  return 0;
}
static int value(Table *self, const char *name, void *to) {
  const Variable *variable = find(name);
  if (!variable || (acts(self, "gives-nothing") && !strcmp(name, "outflow"))) return 5;
  memcpy(to, (char *)self->data + variable->at, (size_t)(variable->size * places(self, variable)));
  if (acts(self, "converts") && !strcmp(name, "outflow")) *(double *)to *= 1000;
  if (acts(self, "writes-more") && !strcmp(name, "outflow")) ((double *)to)[1] = 0;
  return 0;
}
static int set_value(Table *self, const char *name, void *from) {
  const Variable *variable = find(name);
  if (!variable || (acts(self, "takes-nothing") && !strcmp(name, "rain"))) return 6;
  memcpy((char *)self->data + variable->at, from, (size_t)(variable->size * places(self, variable)));
  return 0;
}

static int grid_rank(Table *self, int grid, int *to) { (void)self; *to = grid; return 0; }
static int grid_size(Table *self, int grid, int *to) { *to = grid ? of(self)->places : 1; return 0; }
static int grid_type(Table *self, int grid, char *to) { (void)self; strcpy(to, grid ? "vector" : "scalar"); return 0; }

Table *register_bmi(Table *self) {
  self->data = calloc(1, sizeof(Reservoir));
  self->initialize = initialize;
  self->update = update;
  self->update_until = update_until;
  self->finalize = finalize;
  self->get_component_name = component_name;
  self->get_input_item_count = input_count;
  self->get_output_item_count = output_count;
  self->get_input_var_names = input_names;
  self->get_output_var_names = output_names;
  self->get_var_grid = var_grid;
  self->get_var_type = var_type;
  self->get_var_units = var_units;
  self->get_var_itemsize = var_itemsize;
  self->get_var_nbytes = var_nbytes;
  self->get_var_location = var_location;
  self->get_current_time = current_time;
  self->get_start_time = start_time;
  self->get_end_time = end_time;
  self->get_time_units = time_units;
  self->get_time_step = time_step;
  self->get_value = value;
  self->get_value_ptr = value_ptr;
  self->set_value = set_value;
  self->get_grid_rank = grid_rank;
  self->get_grid_size = grid_size;
  self->get_grid_type = grid_type;
  return self;
}

/* Registrations that are not as they should be, or are in another way. */
int register_bmi_by_status(Table *self) { register_bmi(self); return 0; }
int register_bmi_refused(Table *self) { (void)self; return 3; }
Table *register_bmi_in_part(Table *self) { register_bmi(self); self->update = NULL; self->get_value = NULL; return self; }
Table *register_bmi_without_pointers(Table *self) { register_bmi(self); self->get_value_ptr = NULL; self->update_until = NULL; return self; }
