! The linear reservoir as a module in Fortran, with the functions by which Fortran modules are called from C:
! a registration hands out a handle, and all arguments are given by their address.
! Its configuration has a line "k storage behaviour", as in C.

module reservoirs
  use, intrinsic :: iso_c_binding
  implicit none

  integer, parameter :: text_bytes = 2048

  type :: reservoir
    real(c_double) :: rain = 0, outflow = 0, storage = 0, k = 1, time = 0
    real(c_float) :: weight = 0
    integer(c_int) :: steps = 0
    character(len=32) :: behaviour = ''
  end type

contains

  function register_bmi(handle) result(status) bind(C, name='register_bmi')
    type(c_ptr), intent(inout) :: handle
    integer(c_int) :: status
    type(reservoir), pointer :: it
    allocate (it)
    handle = c_loc(it)
    status = 0
  end function

  function register_refused(handle) result(status) bind(C, name='register_refused')
    type(c_ptr), intent(inout) :: handle
    integer(c_int) :: status
    handle = c_null_ptr
    status = 9
  end function

  function register_nothing(handle) result(status) bind(C, name='register_nothing')
    type(c_ptr), intent(inout) :: handle
    integer(c_int) :: status
    handle = c_null_ptr
    status = 0
  end function

  function text_of(letters) result(text)
    character(kind=c_char), intent(in) :: letters(text_bytes)
    character(len=:), allocatable :: text
    integer :: i
    text = ''
    do i = 1, text_bytes
      if (letters(i) == c_null_char) exit
      text = text // letters(i)
    end do
  end function

  subroutine write_text(text, letters)
    character(len=*), intent(in) :: text
    character(kind=c_char), intent(out) :: letters(*)
    integer :: i
    do i = 1, len_trim(text)
      letters(i) = text(i:i)
    end do
    letters(len_trim(text) + 1) = c_null_char
  end subroutine

  subroutine fill_name(address, text)
    type(c_ptr), intent(in) :: address
    character(len=*), intent(in) :: text
    character(kind=c_char), pointer :: letters(:)
    call c_f_pointer(address, letters, [text_bytes])
    call write_text(text, letters)
  end subroutine

  subroutine advance(it, seconds)
    type(reservoir), intent(inout) :: it
    real(c_double), intent(in) :: seconds
    real(c_double) :: hours, full, next
    hours = seconds / 3600
    full = it%rain * it%k
    next = full + (it%storage - full) * exp(-hours / it%k)
    it%outflow = it%rain * hours - (next - it%storage)
    it%storage = next
    it%time = it%time + seconds
    it%steps = it%steps + 1
  end subroutine

  function initialize(handle, file) result(status) bind(C, name='initialize')
    type(c_ptr), intent(in) :: handle
    character(kind=c_char), intent(in) :: file(text_bytes)
    integer(c_int) :: status
    type(reservoir), pointer :: it
    integer :: unit, code
    call c_f_pointer(handle, it)
    open (newunit=unit, file=text_of(file), status='old', action='read', iostat=code)
    status = 2
    if (code /= 0) return
    read (unit, *, iostat=code) it%k, it%storage, it%behaviour
    close (unit)
    status = merge(0, 3, code == 0)
  end function

  function update(handle) result(status) bind(C, name='update')
    type(c_ptr), intent(in) :: handle
    integer(c_int) :: status
    type(reservoir), pointer :: it
    call c_f_pointer(handle, it)
    status = 7
    if (it%behaviour == 'fails-at-5' .and. it%steps == 5) return
    call advance(it, 3600.0_c_double)
    status = 0
  end function

  function update_until(handle, time) result(status) bind(C, name='update_until')
    type(c_ptr), intent(in) :: handle
    real(c_double), intent(in) :: time
    integer(c_int) :: status
    type(reservoir), pointer :: it
    call c_f_pointer(handle, it)
    status = 4
    if (time < it%time) return
    call advance(it, time - it%time)
    status = 0
  end function

  function finalize(handle) result(status) bind(C, name='finalize')
    type(c_ptr), intent(in) :: handle
    integer(c_int) :: status
    type(reservoir), pointer :: it
    call c_f_pointer(handle, it)
    deallocate (it)
    status = 0
  end function

  function get_component_name(handle, name) result(status) bind(C, name='get_component_name')
    type(c_ptr), intent(in) :: handle
    character(kind=c_char), intent(out) :: name(*)
    integer(c_int) :: status
    call write_text('reservoir', name)
    status = 0
  end function

  function get_input_item_count(handle, count) result(status) bind(C, name='get_input_item_count')
    type(c_ptr), intent(in) :: handle
    integer(c_int), intent(out) :: count
    integer(c_int) :: status
    count = 2
    status = 0
  end function

  function get_output_item_count(handle, count) result(status) bind(C, name='get_output_item_count')
    type(c_ptr), intent(in) :: handle
    integer(c_int), intent(out) :: count
    integer(c_int) :: status
    count = 3
    status = 0
  end function

  function get_input_var_names(handle, names) result(status) bind(C, name='get_input_var_names')
    type(c_ptr), intent(in) :: handle
    type(c_ptr), intent(inout) :: names(*)
    integer(c_int) :: status
    call fill_name(names(1), 'rain')
    call fill_name(names(2), 'weight')
    status = 0
  end function

  function get_output_var_names(handle, names) result(status) bind(C, name='get_output_var_names')
    type(c_ptr), intent(in) :: handle
    type(c_ptr), intent(inout) :: names(*)
    integer(c_int) :: status
    call fill_name(names(1), 'outflow')
    call fill_name(names(2), 'storage')
    call fill_name(names(3), 'steps')
    status = 0
  end function

  function get_var_grid(handle, name, grid) result(status) bind(C, name='get_var_grid')
    type(c_ptr), intent(in) :: handle
    character(kind=c_char), intent(in) :: name(text_bytes)
    integer(c_int), intent(out) :: grid
    integer(c_int) :: status
    type(reservoir), pointer :: it
    call c_f_pointer(handle, it)
    grid = merge(1, 0, it%behaviour == 'lies-about-grid')
    status = 0
  end function

  function get_var_type(handle, name, kind) result(status) bind(C, name='get_var_type')
    type(c_ptr), intent(in) :: handle
    character(kind=c_char), intent(in) :: name(text_bytes)
    character(kind=c_char), intent(out) :: kind(*)
    integer(c_int) :: status
    status = 0
    select case (text_of(name))
    case ('weight')
      call write_text('real', kind)
    case ('steps')
      call write_text('integer', kind)
    case ('rain', 'outflow', 'storage', 'k')
      call write_text('double precision', kind)
    case default
      status = 1
    end select
  end function

  function get_var_units(handle, name, units) result(status) bind(C, name='get_var_units')
    type(c_ptr), intent(in) :: handle
    character(kind=c_char), intent(in) :: name(text_bytes)
    character(kind=c_char), intent(out) :: units(*)
    integer(c_int) :: status
    status = 0
    select case (text_of(name))
    case ('rain')
      call write_text('m h-1', units)
    case ('k')
      call write_text('h', units)
    case default
      call write_text('m', units)
    end select
  end function

  function get_var_itemsize(handle, name, size) result(status) bind(C, name='get_var_itemsize')
    type(c_ptr), intent(in) :: handle
    character(kind=c_char), intent(in) :: name(text_bytes)
    integer(c_int), intent(out) :: size
    integer(c_int) :: status
    character(len=:), allocatable :: text
    text = text_of(name)
    size = merge(4, 8, text == 'weight' .or. text == 'steps')
    status = 0
  end function

  function get_var_nbytes(handle, name, nbytes) result(status) bind(C, name='get_var_nbytes')
    type(c_ptr), intent(in) :: handle
    character(kind=c_char), intent(in) :: name(text_bytes)
    integer(c_int), intent(out) :: nbytes
    integer(c_int) :: status
    status = get_var_itemsize(handle, name, nbytes)
  end function

  function get_current_time(handle, time) result(status) bind(C, name='get_current_time')
    type(c_ptr), intent(in) :: handle
    real(c_double), intent(out) :: time
    integer(c_int) :: status
    type(reservoir), pointer :: it
    call c_f_pointer(handle, it)
    time = it%time
    status = 0
  end function

  function get_start_time(handle, time) result(status) bind(C, name='get_start_time')
    type(c_ptr), intent(in) :: handle
    real(c_double), intent(out) :: time
    integer(c_int) :: status
    time = 0
    status = 0
  end function

  function get_end_time(handle, time) result(status) bind(C, name='get_end_time')
    type(c_ptr), intent(in) :: handle
    real(c_double), intent(out) :: time
    integer(c_int) :: status
    time = 360000
    status = 0
  end function

  function get_time_units(handle, units) result(status) bind(C, name='get_time_units')
    type(c_ptr), intent(in) :: handle
    character(kind=c_char), intent(out) :: units(*)
    integer(c_int) :: status
    call write_text('s', units)
    status = 0
  end function

  function get_time_step(handle, step) result(status) bind(C, name='get_time_step')
    type(c_ptr), intent(in) :: handle
    real(c_double), intent(out) :: step
    integer(c_int) :: status
    step = 3600
    status = 0
  end function

  function get_value_double(handle, name, to) result(status) bind(C, name='get_value_double')
    type(c_ptr), intent(in) :: handle
    character(kind=c_char), intent(in) :: name(text_bytes)
    real(c_double), intent(inout) :: to(*)
    integer(c_int) :: status
    type(reservoir), pointer :: it
    call c_f_pointer(handle, it)
    status = 0
    select case (text_of(name))
    case ('rain')
      to(1) = it%rain
    case ('outflow')
      to(1) = it%outflow
    case ('storage')
      to(1) = it%storage
    case ('k')
      to(1) = it%k
    case default
      status = 5
    end select
  end function

  function get_value_float(handle, name, to) result(status) bind(C, name='get_value_float')
    type(c_ptr), intent(in) :: handle
    character(kind=c_char), intent(in) :: name(text_bytes)
    real(c_float), intent(inout) :: to(*)
    integer(c_int) :: status
    type(reservoir), pointer :: it
    call c_f_pointer(handle, it)
    to(1) = it%weight
    status = merge(0, 5, text_of(name) == 'weight')
  end function

  function get_value_int(handle, name, to) result(status) bind(C, name='get_value_int')
    type(c_ptr), intent(in) :: handle
    character(kind=c_char), intent(in) :: name(text_bytes)
    integer(c_int), intent(inout) :: to(*)
    integer(c_int) :: status
    type(reservoir), pointer :: it
    call c_f_pointer(handle, it)
    to(1) = it%steps
    status = merge(0, 5, text_of(name) == 'steps')
  end function

  function set_value_double(handle, name, from) result(status) bind(C, name='set_value_double')
    type(c_ptr), intent(in) :: handle
    character(kind=c_char), intent(in) :: name(text_bytes)
    real(c_double), intent(in) :: from(*)
    integer(c_int) :: status
    type(reservoir), pointer :: it
    call c_f_pointer(handle, it)
    status = 0
    select case (text_of(name))
    case ('rain')
      it%rain = from(1)
    case ('k')
      it%k = from(1)
    case default
      status = 6
    end select
  end function

  function set_value_float(handle, name, from) result(status) bind(C, name='set_value_float')
    type(c_ptr), intent(in) :: handle
    character(kind=c_char), intent(in) :: name(text_bytes)
    real(c_float), intent(in) :: from(*)
    integer(c_int) :: status
    type(reservoir), pointer :: it
    call c_f_pointer(handle, it)
    it%weight = from(1)
    status = merge(0, 6, text_of(name) == 'weight')
  end function

  function set_value_int(handle, name, from) result(status) bind(C, name='set_value_int')
    type(c_ptr), intent(in) :: handle
    character(kind=c_char), intent(in) :: name(text_bytes)
    integer(c_int), intent(in) :: from(*)
    integer(c_int) :: status
    status = 6
  end function

  function get_grid_size(handle, grid, size) result(status) bind(C, name='get_grid_size')
    type(c_ptr), intent(in) :: handle
    integer(c_int), intent(in) :: grid
    integer(c_int), intent(out) :: size
    integer(c_int) :: status
    size = merge(4, 1, grid == 1)
    status = 0
  end function

end module
