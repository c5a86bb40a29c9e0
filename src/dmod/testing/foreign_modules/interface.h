/* The table of functions of the Basic Model Interface 2.0 for C, as far as names and order go. */
#ifndef INTERFACE_H
#define INTERFACE_H

typedef struct Table Table;

struct Table {
  void *data;
  int (*initialize)(Table *, const char *);
  int (*update)(Table *);
  int (*update_until)(Table *, double);
  int (*finalize)(Table *);
  int (*get_component_name)(Table *, char *);
  int (*get_input_item_count)(Table *, int *);
  int (*get_output_item_count)(Table *, int *);
  int (*get_input_var_names)(Table *, char **);
  int (*get_output_var_names)(Table *, char **);
  int (*get_var_grid)(Table *, const char *, int *);
  int (*get_var_type)(Table *, const char *, char *);
  int (*get_var_units)(Table *, const char *, char *);
  int (*get_var_itemsize)(Table *, const char *, int *);
  int (*get_var_nbytes)(Table *, const char *, int *);
  int (*get_var_location)(Table *, const char *, char *);
  int (*get_current_time)(Table *, double *);
  int (*get_start_time)(Table *, double *);
  int (*get_end_time)(Table *, double *);
  int (*get_time_units)(Table *, char *);
  int (*get_time_step)(Table *, double *);
  int (*get_value)(Table *, const char *, void *);
  int (*get_value_ptr)(Table *, const char *, void **);
  int (*get_value_at_indices)(Table *, const char *, void *, int *, int);
  int (*set_value)(Table *, const char *, void *);
  int (*set_value_at_indices)(Table *, const char *, int *, int, void *);
  int (*get_grid_rank)(Table *, int, int *);
  int (*get_grid_size)(Table *, int, int *);
  int (*get_grid_type)(Table *, int, char *);
  int (*get_grid_shape)(Table *, int, int *);
  int (*get_grid_spacing)(Table *, int, double *);
  int (*get_grid_origin)(Table *, int, double *);
  int (*get_grid_x)(Table *, int, double *);
  int (*get_grid_y)(Table *, int, double *);
  int (*get_grid_z)(Table *, int, double *);
  int (*get_grid_node_count)(Table *, int, int *);
  int (*get_grid_edge_count)(Table *, int, int *);
  int (*get_grid_face_count)(Table *, int, int *);
  int (*get_grid_edge_nodes)(Table *, int, int *);
  int (*get_grid_face_edges)(Table *, int, int *);
  int (*get_grid_face_nodes)(Table *, int, int *);
  int (*get_grid_nodes_per_face)(Table *, int, int *);
};

#endif
